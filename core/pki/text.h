// SPDX-License-Identifier: Apache-2.0
//
// What a peer sent, made fit for an error text: valid UTF-8, nothing that moves a terminal's cursor
// or hides a character, and never longer than it may be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/pki/bytes.h"

namespace trestle::pki {

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_utf8(std::string_view text);

// False, and nothing appended, for a surrogate or a number beyond Unicode.
bool append_utf8(uint32_t code_point, std::string* text);

// `utf8` is valid. Characters of `specials` get a backslash; control and formatting characters
// become \HH per octet. Stops once the result is longer than `limit`.
std::string escape_text(std::string_view utf8, std::string_view specials, size_t limit);

std::string hex_text(Bytes octets, size_t limit);

// Cuts at a character's start and ends with "..." if the text is longer than `limit` octets.
void shorten_text(size_t limit, std::string* text);

}  // namespace trestle::pki
