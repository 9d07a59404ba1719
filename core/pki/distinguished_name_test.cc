// SPDX-License-Identifier: Apache-2.0
#include "core/pki/distinguished_name.h"

#include <gtest/gtest.h>

#include "core/pki/testing/certificate_builder.h"
#include "core/pki/text.h"

namespace trestle::pki {
namespace {

using namespace testing;

DistinguishedName parse(const Octets& der) {
  DistinguishedName result;
  EXPECT_TRUE(parse_distinguished_name(Bytes(der), &result));
  return result;
}

std::string canonical_of(const std::string& value, uint8_t tag) {
  return parse(name({{"2.5.4.3", value, tag}})).canonical;
}

constexpr uint8_t kUtf8 = 0x0c, kPrintable = 0x13, kTeletex = 0x14, kIa5 = 0x16, kBmp = 0x1e,
                  kUniversal = 0x1c;

TEST(DistinguishedName, EqualNamesHaveOneCanonicalForm) {
  const std::string form = canonical_of("Test CA", kUtf8);
  EXPECT_EQ(canonical_of("Test CA", kPrintable), form);
  EXPECT_EQ(canonical_of("tEST ca", kIa5), form);
  EXPECT_EQ(canonical_of("  Test \t  CA ", kUtf8), form);
  EXPECT_EQ(canonical_of(std::string("\0T\0e\0s\0t\0 \0C\0A", 14), kBmp), form);
  EXPECT_EQ(canonical_of(std::string("\0\0\0T\0\0\0e\0\0\0s\0\0\0t\0\0\0 \0\0\0C\0\0\0A", 28),
                         kUniversal), form);
  EXPECT_EQ(canonical_of("M\xfcller", kTeletex), canonical_of("m\xc3\xbcller", kUtf8));
}

TEST(DistinguishedName, DifferentNamesDiffer) {
  const std::string form = canonical_of("Test CA", kUtf8);
  EXPECT_NE(canonical_of("TestCA", kUtf8), form);
  EXPECT_NE(canonical_of("Test CA 2", kUtf8), form);
  EXPECT_NE(canonical_of(std::string("Test CA\0", 8), kUtf8), form);
  EXPECT_NE(canonical_of("Test CA", 0x04), form) << "an OCTET STRING is no text";
  EXPECT_NE(canonical_of("\xff", kUtf8), canonical_of("\xfe", kUtf8)) << "broken UTF-8 stays apart";
  EXPECT_NE(parse(name({{"2.5.4.3", "a"}, {"2.5.4.10", "b"}})).canonical,
            parse(name({{"2.5.4.10", "b"}, {"2.5.4.3", "a"}})).canonical)
      << "the order of RDNs counts";
  EXPECT_NE(parse(name({{"2.5.4.10", "a"}})).canonical, parse(name({{"2.5.4.3", "a"}})).canonical);
}

TEST(DistinguishedName, TheOrderWithinAnRdnDoesNotCount) {
  const Octets a = sequence({oid("2.5.4.3"), tlv(kUtf8, octets("a"))});
  const Octets b = sequence({oid("2.5.4.10"), tlv(kUtf8, octets("b"))});
  const DistinguishedName ab = parse(sequence({tlv(0x31, join({a, b}))}));
  const DistinguishedName ba = parse(sequence({tlv(0x31, join({b, a}))}));
  EXPECT_EQ(ab.canonical, ba.canonical);
  EXPECT_EQ(ab.text, "CN=a+O=b");
}

TEST(DistinguishedName, Text) {
  const auto text_of = [](const std::string& value, uint8_t tag = kUtf8) {
    return parse(name({{"2.5.4.3", value, tag}})).text;
  };
  EXPECT_EQ(parse(name({{"2.5.4.6", "DK", kPrintable}, {"2.5.4.10", "CSR"}, {"1.2.3", "x"}})).text,
            "C=DK, O=CSR, 1.2.3=x");
  EXPECT_EQ(text_of("a, O=b"), "CN=a\\, O\\=b") << "a value can't pose as two";
  EXPECT_EQ(text_of("a\nb\x1b[31m\x7f"), "CN=a\\0ab\\1b[31m\\7f");
  EXPECT_EQ(text_of(std::string("a\0b", 3)), "CN=a\\00b");
  EXPECT_EQ(text_of("M\xc3\xbcller"), "CN=M\xc3\xbcller");
  EXPECT_EQ(text_of("a\xe2\x80\xae" "b"), "CN=a\\e2\\80\\aeb") << "right-to-left override";
  EXPECT_EQ(text_of("\xff", kUtf8), "CN=#ff");
  EXPECT_EQ(text_of("ab", 0x04), "CN=#6162");
  EXPECT_EQ(parse(sequence({})).text, "");
}

TEST(DistinguishedName, TextIsBoundedAndStaysUtf8) {
  for (size_t size = 240; size < 300; ++size) {
    std::string value(size, 'a');
    value += "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc";
    const std::string text = parse(name({{"2.5.4.3", value}})).text;
    EXPECT_LE(text.size(), kMaxNameText);
    EXPECT_TRUE(is_utf8(text));
  }
  std::vector<NamePart> parts(500, {"2.5.4.11", "unit"});
  const std::string text = parse(name(parts)).text;
  EXPECT_LE(text.size(), kMaxNameText);
  EXPECT_EQ(text.substr(text.size() - 3), "...");
}

TEST(DistinguishedName, Malformed) {
  const Octets type = oid("2.5.4.3"), value = tlv(kUtf8, octets("a"));
  for (const Octets& bad :
       {Octets{}, null(), sequence({null()}), sequence({tlv(0x31, {})}),
        sequence({tlv(0x31, sequence({type}))}), sequence({tlv(0x31, sequence({value, value}))}),
        sequence({tlv(0x31, sequence({type, value, value}))}),
        join({sequence({}), null()})}) {
    DistinguishedName result;
    EXPECT_FALSE(parse_distinguished_name(Bytes(bad), &result));
  }
}

TEST(DistinguishedName, Subtrees) {
  const auto rdns = [](const std::vector<NamePart>& parts) {
    return parse(name(parts)).canonical_rdns;
  };
  const auto base = rdns({{"2.5.4.6", "DK"}, {"2.5.4.10", "CSR"}});
  EXPECT_TRUE(is_within(base, base));
  EXPECT_TRUE(is_within(rdns({{"2.5.4.6", "dk"}, {"2.5.4.10", "csr"}, {"2.5.4.3", "x"}}), base));
  EXPECT_FALSE(is_within(rdns({{"2.5.4.6", "DK"}}), base));
  EXPECT_FALSE(is_within(rdns({{"2.5.4.6", "DK"}, {"2.5.4.10", "CSRX"}}), base));
  EXPECT_TRUE(is_within(base, {})) << "the empty name is above all";
}

TEST(DistinguishedName, EmailAddress) {
  EXPECT_TRUE(parse(name({{"1.2.840.113549.1.9.1", "x@a.test", kIa5}})).has_email_address);
  EXPECT_FALSE(parse(common_name("x@a.test")).has_email_address);
}

TEST(Text, Utf8) {
  for (const char* good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80",
                           "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc2", "\xc1\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf0\x90\x80", "\xf8\x88\x80\x80\x80", "\xc2" "a"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
  std::string text;
  EXPECT_FALSE(append_utf8(0xd800, &text));
  EXPECT_FALSE(append_utf8(0x110000, &text));
  EXPECT_TRUE(text.empty());
  for (uint32_t code : {0x24u, 0xa2u, 0x20acu, 0x10348u}) EXPECT_TRUE(append_utf8(code, &text));
  EXPECT_EQ(text, "\x24\xc2\xa2\xe2\x82\xac\xf0\x90\x8d\x88");
}

}  // namespace
}  // namespace trestle::pki
