// SPDX-License-Identifier: Apache-2.0
#include "core/pki/der.h"

#include <gtest/gtest.h>

#include "core/pki/testing/der_writer.h"

namespace trestle::pki::der {
namespace {

using testing::Octets;

bool reads_whole(const Octets& input) {
  Reader reader{Bytes(input)};
  Element element;
  return reader.read(&element) && reader.at_end();
}

TEST(DerReader, ReadsElementsInOrder) {
  const Octets input = {0x02, 0x01, 0x05, 0x04, 0x02, 0xaa, 0xbb};
  Reader reader{Bytes(input)};
  Bytes contents;
  EXPECT_FALSE(reader.read(kOctetString, &contents)) << "the first is an INTEGER";
  ASSERT_TRUE(reader.read(kInteger, &contents));
  EXPECT_EQ(contents.to_vector(), Octets{0x05});
  Bytes whole;
  ASSERT_TRUE(reader.read_whole(kOctetString, &whole));
  EXPECT_EQ(whole.size, 4u);
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.read_whole(kOctetString, &whole));
}

TEST(DerReader, OptionalElementMayBeMissingButNotMalformed) {
  bool present = true;
  Bytes contents;
  Reader absent{Bytes()};
  EXPECT_TRUE(absent.read_optional(kInteger, &present, &contents));
  EXPECT_FALSE(present);
  const Octets truncated = {0x02, 0x02, 0x01};
  Reader broken{Bytes(truncated)};
  EXPECT_FALSE(broken.read_optional(kInteger, &present, &contents));
}

TEST(DerReader, RefusesWhatIsNotDer) {
  EXPECT_TRUE(reads_whole({0x30, 0x00}));
  EXPECT_FALSE(reads_whole({})) << "nothing";
  EXPECT_FALSE(reads_whole({0x30})) << "no length";
  EXPECT_FALSE(reads_whole({0x30, 0x80, 0x00, 0x00})) << "indefinite length";
  EXPECT_FALSE(reads_whole({0x30, 0x81, 0x01, 0x00})) << "long form where the short one does";
  EXPECT_FALSE(reads_whole({0x30, 0x82, 0x00, 0x80})) << "leading zero in the length";
  EXPECT_FALSE(reads_whole({0x30, 0x82, 0x01})) << "length cut off";
  EXPECT_FALSE(reads_whole({0x30, 0x02, 0x00})) << "contents cut off";
  EXPECT_FALSE(reads_whole({0x30, 0x84, 0xff, 0xff, 0xff, 0xff})) << "4 GiB that aren't there";
  EXPECT_FALSE(reads_whole({0x30, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00})) << "five length octets";
  EXPECT_FALSE(reads_whole({0x3f, 0x21, 0x00})) << "multi-octet tag";
}

TEST(DerReader, TakesLongLengths) {
  for (size_t size : {0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000}) {
    EXPECT_TRUE(reads_whole(testing::tlv(0x04, Octets(size)))) << size;
  }
}

TEST(DerReader, SingleRefusesTrailingOctets) {
  Bytes contents;
  EXPECT_TRUE(read_single(Bytes(Octets{0x05, 0x00}), kNull, &contents));
  EXPECT_FALSE(read_single(Bytes(Octets{0x05, 0x00, 0x00}), kNull, &contents));
}

TEST(DerValues, Boolean) {
  bool value = false;
  EXPECT_TRUE(parse_boolean(Bytes(Octets{0xff}), &value) && value);
  EXPECT_TRUE(parse_boolean(Bytes(Octets{0x00}), &value) && !value);
  EXPECT_FALSE(parse_boolean(Bytes(Octets{0x01}), &value));
  EXPECT_FALSE(parse_boolean(Bytes(), &value));
  EXPECT_FALSE(parse_boolean(Bytes(Octets{0xff, 0xff}), &value));
}

TEST(DerValues, Integers) {
  uint64_t value = 0;
  EXPECT_TRUE(parse_unsigned(Bytes(Octets{0x00}), &value) && value == 0);
  EXPECT_TRUE(parse_unsigned(Bytes(Octets{0x00, 0x80}), &value) && value == 128);
  EXPECT_TRUE(parse_unsigned(
      Bytes(Octets{0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), &value));
  EXPECT_EQ(value, UINT64_MAX);
  EXPECT_FALSE(parse_unsigned(Bytes(Octets{0x01, 0, 0, 0, 0, 0, 0, 0, 0}), &value)) << "65 bits";
  EXPECT_FALSE(parse_unsigned(Bytes(Octets{0xff}), &value)) << "negative";
  EXPECT_FALSE(is_valid_integer(Bytes())) << "empty";
  EXPECT_FALSE(is_valid_integer(Bytes(Octets{0x00, 0x7f}))) << "padded";
  EXPECT_FALSE(is_valid_integer(Bytes(Octets{0xff, 0x80}))) << "padded, negative";
  Bytes magnitude;
  const Octets padded = {0x00, 0x90};
  EXPECT_TRUE(parse_positive(Bytes(padded), &magnitude));
  EXPECT_EQ(magnitude.to_vector(), Octets{0x90});
  EXPECT_FALSE(parse_positive(Bytes(Octets{0x00}), &magnitude)) << "zero";
}

TEST(DerValues, BitStrings) {
  Bytes bits;
  int unused = 0;
  EXPECT_TRUE(parse_bit_string(Bytes(Octets{0x05, 0xa0}), &bits, &unused) && unused == 5);
  EXPECT_TRUE(parse_bit_string(Bytes(Octets{0x00}), &bits, &unused) && bits.empty());
  EXPECT_FALSE(parse_bit_string(Bytes(), &bits, &unused));
  EXPECT_FALSE(parse_bit_string(Bytes(Octets{0x08, 0x00}), &bits, &unused));
  EXPECT_FALSE(parse_bit_string(Bytes(Octets{0x01}), &bits, &unused)) << "unused bits of nothing";
  EXPECT_FALSE(parse_bit_string(Bytes(Octets{0x05, 0xa1}), &bits, &unused)) << "padding not zero";
  EXPECT_FALSE(parse_octet_bit_string(Bytes(Octets{0x05, 0xa0}), &bits));
}

TEST(DerValues, ObjectIdentifiers) {
  EXPECT_EQ(oid_text(Bytes(testing::oid("1.2.840.113549.1.1.11")).from(2)),
            "1.2.840.113549.1.1.11");
  EXPECT_EQ(oid_text(Bytes(testing::oid("2.5.29.17")).from(2)), "2.5.29.17");
  EXPECT_EQ(oid_text(Bytes(Octets{0x88, 0x37})), "2.999");
  EXPECT_FALSE(is_valid_oid(Bytes()));
  EXPECT_FALSE(is_valid_oid(Bytes(Octets{0x2a, 0x86}))) << "ends inside an arc";
  EXPECT_FALSE(is_valid_oid(Bytes(Octets{0x2a, 0x80, 0x01}))) << "padded arc";
  EXPECT_EQ(oid_text(Bytes(Octets{0x2a, 0x86})), "(malformed object identifier)");
  EXPECT_LT(oid_text(Bytes(Octets(5000, 0x01))).size(), 200u) << "texts are bounded";
  EXPECT_LT(oid_text(Bytes(Octets(5000, 0x7f))).size(), 200u);
  Octets huge_arc(30, 0xff);
  huge_arc.push_back(0x7f);
  EXPECT_LT(oid_text(Bytes(huge_arc)).size(), 200u);
}

int64_t time_of(uint8_t tag, const char* text) {
  int64_t seconds = 0;
  return parse_time(tag, Bytes(std::string_view(text)), &seconds) ? seconds : INT64_MIN;
}

TEST(DerValues, Times) {
  EXPECT_EQ(time_of(kUtcTime, "700101000000Z"), 0);
  EXPECT_EQ(time_of(kUtcTime, "491231235959Z"), 2524607999);
  EXPECT_EQ(time_of(kUtcTime, "500101000000Z"), -631152000) << "50 to 99 are of the 20th century";
  EXPECT_EQ(time_of(kGeneralizedTime, "20500101000000Z"), 2524608000);
  EXPECT_EQ(time_of(kGeneralizedTime, "99991231235959Z"), 253402300799);
  EXPECT_EQ(time_of(kGeneralizedTime, "00000101000000Z"), -62167219200);
  EXPECT_EQ(time_of(kUtcTime, "240229120000Z"), 1709208000) << "leap day";
}

TEST(DerValues, RefusesTimesThatAreNone) {
  for (const char* text :
       {"230229120000Z", "241301000000Z", "240001000000Z", "240100000000Z", "240132000000Z",
        "240101240000Z", "240101006000Z", "240101000060Z", "2401010000Z", "240101000000",
        "240101000000+0000", "24010100000 Z", "20240101000000Z", ""}) {
    EXPECT_EQ(time_of(kUtcTime, text), INT64_MIN) << text;
  }
  for (const char* text : {"20240101000000.5Z", "20230229000000Z", "240101000000Z",
                           "20240101000000", "19000229000000Z"}) {
    EXPECT_EQ(time_of(kGeneralizedTime, text), INT64_MIN) << text;
  }
  EXPECT_EQ(time_of(kIa5String, "240101000000Z"), INT64_MIN);
}

}  // namespace
}  // namespace trestle::pki::der
