// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "trestle/trestle.h"

namespace {

constexpr char kHeader[] = "api/trestle/trestle.h";

std::vector<std::string> lines_of(std::istream &stream) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> lines_of_file(const std::string &path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return lines_of(file);
}

// What a command writes to its standard output. A command that isn't there fails the test.
std::vector<std::string> lines_of_command(const std::string &command) {
  FILE *pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr) << command;
  if (pipe == nullptr) return {};
  std::string output;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::istringstream stream(output);
  return lines_of(stream);
}

std::vector<std::string> macros_of_header() {
  std::ifstream file(kHeader);
  EXPECT_TRUE(file.is_open());
  static const std::regex kDefine(R"(^\s*#\s*define\s+(TRESTLE_\w+)\b(\(?).*)");
  static const std::set<std::string> kNotConstants = {"TRESTLE_API", "TRESTLE_TRESTLE_H_"};
  std::vector<std::string> names;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, match, kDefine)) continue;
    EXPECT_EQ(match[2].length(), 0u) << "a macro with arguments can't be asked by name: " << line;
    if (kNotConstants.count(match[1]) == 0) names.push_back(match[1]);
  }
  return names;
}

// The values as a C99 compiler sees them.
std::map<std::string, int64_t> compiled_values(const std::vector<std::string> &names) {
  const std::string source = std::string(getenv("TEST_TMPDIR")) + "/values.c";
  const std::string program = std::string(getenv("TEST_TMPDIR")) + "/values";
  std::ofstream file(source);
  file << "#include <stdio.h>\n#include \"trestle/trestle.h\"\nint main(void) {\n";
  for (const std::string &name : names) {
    file << "  printf(\"" << name << " %lld\\n\", (long long)(" << name << "));\n";
  }
  file << "  return 0;\n}\n";
  file.close();
  std::map<std::string, int64_t> values;
  for (const std::string &line :
       lines_of_command("cc -std=c99 -Iapi -o '" + program + "' '" + source + "' && '" + program +
                        "'")) {
    const size_t space = line.find(' ');
    values[line.substr(0, space)] = std::stoll(line.substr(space + 1));
  }
  return values;
}

// Family by prefix, e.g. all TRESTLE_RESULT_*, without the first `skip` characters.
std::map<int64_t, std::string> family(const std::string &prefix, size_t skip) {
  std::map<int64_t, std::string> members;
  for (const auto &[name, value] : compiled_values(macros_of_header())) {
    if (name.rfind(prefix, 0) == 0) members[value] = name.substr(skip);
  }
  return members;
}

std::map<std::string, uint16_t> iana_suites() {
  std::map<std::string, uint16_t> suites;
  for (const std::string &line : lines_of_file("core/names/testdata/iana_suites.txt")) {
    suites[line.substr(7)] = static_cast<uint16_t>(std::stoul(line.substr(0, 6), nullptr, 16));
  }
  return suites;
}

TEST(Constant, EveryMacroOfTheHeaderIsFoundWithTheCompilersValue) {
  const std::vector<std::string> names = macros_of_header();
  ASSERT_GT(names.size(), 250u);
  const std::map<std::string, int64_t> values = compiled_values(names);
  ASSERT_EQ(values.size(), names.size());
  for (const auto &[name, value] : values) {
    int64_t told = ~value;
    EXPECT_EQ(trestle_constant(name.c_str(), &told), TRESTLE_RESULT_SUCCESS) << name;
    EXPECT_EQ(told, value) << name;
  }
}

TEST(Constant, ComposedAndNegativeValues) {
  int64_t value = 0;
  ASSERT_EQ(trestle_constant("TRESTLE_VERSION", &value), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(value, TRESTLE_VERSION_MAJOR * 1000000 + TRESTLE_VERSION_MINOR * 1000 +
                       TRESTLE_VERSION_PATCH);
  ASSERT_EQ(trestle_constant("TRESTLE_ABI", &value), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(value, TRESTLE_ABI_MAJOR * 1000 + TRESTLE_ABI_MINOR);
  ASSERT_EQ(trestle_constant("TRESTLE_WAIT_FOREVER", &value), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(value, -1);
}

TEST(Constant, UnknownNamesLeaveTheOutputAlone) {
  for (const char *name : {"", "TRESTLE", "TRESTLE_", "TRESTLE_RESULT_", "TRESTLE_RESULT_SUCCES",
                           "TRESTLE_RESULT_SUCCESSS", "trestle_abi", "A", "zzz", "TRESTLE_API",
                           "TRESTLE_TRESTLE_H_", "TRESTLE_ABI "}) {
    int64_t value = 4711;
    EXPECT_EQ(trestle_constant(name, &value), TRESTLE_RESULT_UNKNOWN_NAME) << name;
    EXPECT_EQ(value, 4711) << name;
  }
}

TEST(Constant, NullArguments) {
  int64_t value = 4711;
  EXPECT_EQ(trestle_constant(nullptr, &value), TRESTLE_RESULT_NULL_ARGUMENT);
  EXPECT_EQ(value, 4711);
  EXPECT_EQ(trestle_constant("TRESTLE_ABI", nullptr), TRESTLE_RESULT_NULL_ARGUMENT);
}

TEST(ResultName, EveryNumberFromMinusOneToAThousand) {
  const auto results = family("TRESTLE_RESULT_", 15);
  ASSERT_GT(results.size(), 70u);
  for (int32_t result = -1; result <= 1000; result++) {
    const auto found = results.find(result);
    EXPECT_STREQ(trestle_result_name(result),
                 found == results.end() ? "UNKNOWN" : found->second.c_str());
  }
  EXPECT_STREQ(trestle_result_name(INT32_MIN), "UNKNOWN");
  EXPECT_STREQ(trestle_result_name(INT32_MAX), "UNKNOWN");
  EXPECT_STREQ(trestle_result_name(TRESTLE_RESULT_SUCCESS), "SUCCESS");
  EXPECT_STREQ(trestle_result_name(TRESTLE_RESULT_BAD_HANDLE), "BAD_HANDLE");
}

TEST(ResultCategory, ByHundredsAndAlsoForCodesThatAreYetToCome) {
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_SUCCESS), TRESTLE_CATEGORY_SUCCESS);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_FAILURE), TRESTLE_CATEGORY_OTHER);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_NULL_ARGUMENT), TRESTLE_CATEGORY_ARGUMENT);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_BUSY), TRESTLE_CATEGORY_STATE);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_TIMEOUT), TRESTLE_CATEGORY_RESOURCE);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_TRUNCATED), TRESTLE_CATEGORY_TRANSPORT);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_NO_COMMON_SUITE), TRESTLE_CATEGORY_TLS);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_CERT_REJECTED), TRESTLE_CATEGORY_CERTIFICATE);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_BACKEND_INIT), TRESTLE_CATEGORY_BACKEND);
  EXPECT_EQ(trestle_result_category(TRESTLE_RESULT_BAD_PSK), TRESTLE_CATEGORY_CONFIGURATION);
  for (int32_t result = 100; result < 900; result++) {
    EXPECT_EQ(trestle_result_category(result), result / 100);
  }
  for (const int32_t result : {INT32_MIN, -100, -1, 2, 99, 900, 1000, INT32_MAX}) {
    EXPECT_EQ(trestle_result_category(result), TRESTLE_CATEGORY_OTHER) << result;
  }
}

TEST(PrimitiveName, EveryNumberFromZeroToAHundred) {
  const auto primitives = family("TRESTLE_PRIM_", 13);
  ASSERT_EQ(primitives.size(), 45u);
  for (uint32_t primitive = 0; primitive <= 100; primitive++) {
    const auto found = primitives.find(primitive);
    EXPECT_STREQ(trestle_primitive_name(primitive),
                 found == primitives.end() ? "UNKNOWN" : found->second.c_str());
  }
  EXPECT_STREQ(trestle_primitive_name(UINT32_MAX), "UNKNOWN");
  EXPECT_STREQ(trestle_primitive_name(TRESTLE_PRIM_CONNECTION_DATA_IND), "CONNECTION_DATA_IND");
}

TEST(SuiteName, EveryNumberHasItsNameInIanasRegistryOrNone) {
  std::map<uint16_t, std::string> names;
  for (const auto &[name, suite] : iana_suites()) names[suite] = name;
  EXPECT_EQ(names.size(), family("TRESTLE_TLS_", 8).size());
  for (uint32_t suite = 0; suite <= 0xFFFF; suite++) {
    const auto found = names.find(static_cast<uint16_t>(suite));
    EXPECT_STREQ(trestle_suite_name(static_cast<uint16_t>(suite)),
                 found == names.end() ? "UNKNOWN" : found->second.c_str());
  }
}

TEST(SuiteName, All49OfTheDocument) {
  const std::vector<std::string> names = lines_of_file("core/names/testdata/c_suites.txt");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 49u);
  for (const std::string &name : names) {
    int64_t suite = -1;
    EXPECT_EQ(trestle_constant(("TRESTLE_" + name).c_str(), &suite), TRESTLE_RESULT_SUCCESS)
        << name;
    EXPECT_STREQ(trestle_suite_name(static_cast<uint16_t>(suite)), name.c_str());
  }
}

using Suites = std::map<uint16_t, std::string>;

// "0xC0,0x2C - TLS_ECDHE_... - ..."
Suites suites_of_openssl() {
  static const std::regex kLine(R"(\s*0x(..),0x(..) - (TLS_\w+)\s.*)");
  Suites suites;
  std::smatch match;
  for (const std::string &line : lines_of_command(
           "openssl ciphers -V -stdname -ciphersuites "
           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
           "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256 ALL:COMPLEMENTOFALL:@SECLEVEL=0")) {
    if (!std::regex_match(line, match, kLine)) continue;
    suites[static_cast<uint16_t>(std::stoul(match[1].str() + match[2].str(), nullptr, 16))] =
        match[3];
  }
  return suites;
}

// From the way GnuTLS writes it: TLS_DHE_RSA_ARCFOUR_128_SHA1.
std::string iana_name(const std::string &gnutls) {
  static const std::regex kTls12(
      "TLS_(DHE_DSS|DHE_RSA|ECDHE_RSA|ECDHE_ECDSA|ECDHE_PSK|DHE_PSK|RSA_PSK|PSK|DH_ANON|ECDH_ANON|"
      "SRP_SHA_DSS|SRP_SHA_RSA|SRP_SHA|RSA)_((AES|3DES|ARCFOUR|CAMELLIA|CHACHA20|NULL)\\w+)");
  std::smatch match;
  if (!std::regex_match(gnutls, match, kTls12)) return gnutls;  // TLS 1.3: as IANA
  std::string cipher = std::regex_replace(match[2].str(), std::regex("ARCFOUR"), "RC4");
  cipher = std::regex_replace(cipher, std::regex("SHA1$"), "SHA");
  cipher = std::regex_replace(cipher, std::regex("POLY1305$"), "POLY1305_SHA256");
  return "TLS_" + std::regex_replace(match[1].str(), std::regex("ANON"), "anon") + "_WITH_" +
         cipher;
}

// "TLS_RSA_NULL_MD5   0x00, 0x01  TLS1.0"
Suites suites_of_gnutls() {
  static const std::regex kLine(R"((TLS_\w+)\s+0x(..), 0x(..)\s.*)");
  Suites suites;
  std::smatch match;
  for (const std::string &line : lines_of_command("gnutls-cli --list")) {
    if (!std::regex_match(line, match, kLine)) continue;
    suites[static_cast<uint16_t>(std::stoul(match[2].str() + match[3].str(), nullptr, 16))] =
        iana_name(match[1]);
  }
  return suites;
}

// Neither library has these: fixed-DH certificates, and the number that no handshake may end with.
const std::set<std::string> kInNoLibrary = {
    "TLS_NULL_WITH_NULL_NULL",
    "TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA",   "TLS_DH_DSS_WITH_AES_128_CBC_SHA",
    "TLS_DH_DSS_WITH_AES_128_CBC_SHA256", "TLS_DH_DSS_WITH_AES_256_CBC_SHA",
    "TLS_DH_DSS_WITH_AES_256_CBC_SHA256", "TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_DH_RSA_WITH_AES_128_CBC_SHA",    "TLS_DH_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_DH_RSA_WITH_AES_256_CBC_SHA",    "TLS_DH_RSA_WITH_AES_256_CBC_SHA256",
};

TEST(SuiteName, AgreesWithOtherLibraries) {
  const std::map<std::string, uint16_t> ours = iana_suites();
  const Suites openssl = suites_of_openssl();
  const Suites gnutls = suites_of_gnutls();
  EXPECT_GT(openssl.size(), 50u);
  EXPECT_GT(gnutls.size(), 100u);
  std::set<std::string> in_no_library;
  for (const auto &[name, suite] : ours) {
    size_t libraries = 0;
    for (const Suites &theirs : {openssl, gnutls}) {
      const auto found = theirs.find(suite);
      if (found == theirs.end()) continue;
      libraries++;
      EXPECT_EQ(found->second, name);
    }
    if (libraries == 0) in_no_library.insert(name);
  }
  EXPECT_EQ(in_no_library, kInNoLibrary);
}

TEST(Version, FunctionsTellWhatTheHeaderSays) {
  EXPECT_EQ(trestle_version(), static_cast<uint32_t>(TRESTLE_VERSION));
  EXPECT_EQ(trestle_abi(), static_cast<uint32_t>(TRESTLE_ABI));
  EXPECT_EQ(std::string(trestle_version_text()), std::to_string(TRESTLE_VERSION_MAJOR) + "." +
                                                     std::to_string(TRESTLE_VERSION_MINOR) + "." +
                                                     std::to_string(TRESTLE_VERSION_PATCH));
}

}  // namespace
