// SPDX-License-Identifier: Apache-2.0
#include "core/pki/name.h"

#include <gtest/gtest.h>

#include "core/pki/testing/certificate_builder.h"

namespace trestle::pki {
namespace {

using namespace testing;

CertificatePtr with_names(const std::vector<Octets>& names, const std::string& cn = "cn.test") {
  static const TestKey key = TestKey::ec();
  Spec spec;
  spec.subject = cn;
  if (!names.empty()) spec.with(subject_alt_name(names));
  return parse_or_die(make_certificate(spec, key, key));
}

bool matches(const std::vector<Octets>& names, std::string_view host) {
  return match_name(*with_names(names), host) == NameMatch::kMatch;
}

bool dns_matches(const std::string& presented, std::string_view host) {
  return matches({dns(presented)}, host);
}

// Where the libraries disagree, this is the verdict for all three.
TEST(Name, TheCasesOnWhichTheLibrariesDisagree) {
  EXPECT_FALSE(dns_matches("127.0.0.1", "127.0.0.1")) << "an address in a dNSName";
  EXPECT_EQ(match_name(*with_names({}, "127.0.0.1"), "127.0.0.1"), NameMatch::kMismatch)
      << "an address in the common name";
  EXPECT_FALSE(dns_matches("*.test", "good.test")) << "a wildcard below a top-level label";
  EXPECT_FALSE(dns_matches("g*d.test", "good.test")) << "a star within a label";
  EXPECT_EQ(match_name(*with_names({}, "good.test"), "good.test"), NameMatch::kMismatch)
      << "the common name";
  EXPECT_TRUE(dns_matches("good.test", "good.test.")) << "the absolute form of the same name";
}

TEST(Name, DnsNames) {
  EXPECT_TRUE(dns_matches("good.test", "good.test"));
  EXPECT_TRUE(dns_matches("GOOD.Test", "good.tEST"));
  EXPECT_TRUE(dns_matches("localhost", "localhost"));
  EXPECT_TRUE(dns_matches("a_b.test", "a_b.test"));
  EXPECT_TRUE(dns_matches("xn--bcher-kva.test", "xn--bcher-kva.test"));
  EXPECT_FALSE(dns_matches("good.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("www.good.test", "good.test"));
  EXPECT_FALSE(dns_matches("good.test.", "good.test")) << "a presented name has no trailing dot";
  EXPECT_FALSE(dns_matches(".good.test", "good.test"));
  EXPECT_FALSE(dns_matches(".good.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("", "good.test"));
  EXPECT_TRUE(matches({dns("a.test"), dns("b.test")}, "b.test"));
}

TEST(Name, Wildcards) {
  EXPECT_TRUE(dns_matches("*.good.test", "www.good.test"));
  EXPECT_TRUE(dns_matches("*.GOOD.test", "WWW.good.test"));
  EXPECT_TRUE(dns_matches("*.good.test", "xn--bcher-kva.good.test")) << "a whole label";
  EXPECT_FALSE(dns_matches("*.good.test", "good.test"));
  EXPECT_FALSE(dns_matches("*.good.test", "a.b.good.test")) << "one label only";
  EXPECT_FALSE(dns_matches("*.good.test", ".good.test"));
  EXPECT_FALSE(dns_matches("www.*.test", "www.good.test")) << "not the left-most label";
  EXPECT_FALSE(dns_matches("*.*.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("w*.good.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("*w.good.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("xn--*.good.test", "xn--bcher-kva.good.test"));
  EXPECT_FALSE(dns_matches("**.good.test", "www.good.test"));
  EXPECT_FALSE(dns_matches("*", "test"));
  EXPECT_FALSE(dns_matches("*.", "test."));
  EXPECT_FALSE(dns_matches("*.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(matches({ip({127, 0, 0, 1})}, "localhost"));
}

TEST(Name, IpAddresses) {
  const Octets v6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_TRUE(matches({ip({127, 0, 0, 1})}, "127.0.0.1"));
  EXPECT_FALSE(matches({ip({127, 0, 0, 1})}, "127.0.0.2"));
  EXPECT_TRUE(matches({ip(v6)}, "2001:db8::1"));
  EXPECT_TRUE(matches({ip(v6)}, "2001:0DB8:0:0:0:0:0:1"));
  EXPECT_TRUE(matches({ip(v6)}, "2001:db8::1%eth0")) << "the zone is this host's business";
  EXPECT_FALSE(matches({ip({127, 0, 0, 1})}, "::ffff:127.0.0.1")) << "octet by octet";
  EXPECT_FALSE(matches({dns("2001:db8::1")}, "2001:db8::1"));
}

TEST(Name, EmbeddedNul) {
  EXPECT_FALSE(dns_matches(std::string("good.test\0.evil.test", 20), "good.test"));
  EXPECT_FALSE(dns_matches(std::string("good.test\0", 10), "good.test"));
  EXPECT_EQ(match_name(*with_names({dns("good.test")}), std::string_view("good.test\0", 10)),
            NameMatch::kInvalidReference);
  EXPECT_EQ(match_name(*with_names({ip({127, 0, 0, 1})}), std::string_view("127.0.0.1\0x", 11)),
            NameMatch::kInvalidReference);
}

TEST(Name, References) {
  EXPECT_EQ(parse_reference("Good.TEST.").kind, ReferenceKind::kDnsName);
  EXPECT_EQ(parse_reference("Good.TEST.").value, "good.test") << "as SNI wants it";
  EXPECT_EQ(parse_reference("127.0.0.1").kind, ReferenceKind::kIpAddress);
  EXPECT_EQ(parse_reference("127.0.0.1").value, std::string("\x7f\0\0\1", 4));
  EXPECT_EQ(parse_reference("::1").value.size(), 16u);
  const std::string label63(63, 'a');
  EXPECT_EQ(parse_reference(label63 + ".test").kind, ReferenceKind::kDnsName);
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
  EXPECT_EQ(parse_reference(name253).kind, ReferenceKind::kDnsName);
  EXPECT_EQ(parse_reference(name253 + ".").kind, ReferenceKind::kDnsName);
  EXPECT_EQ(parse_reference(name253 + "a").kind, ReferenceKind::kInvalid);
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".test"), std::string("a..test"),
        std::string("good.test.."), std::string("*.good.test"), std::string("good test"),
        std::string("m\xc3\xbcller.test"), std::string("[::1]"), std::string("127.1"),
        std::string("1.2.3"), std::string("2130706433"), std::string("0x7f.1"),
        std::string("0x7f000001"), std::string("a.0x"), std::string("127.0.0.1."),
        std::string("256.0.0.1"), std::string("1.2.3.4%eth0"), std::string("good.test:443"),
        label63 + "a.test", std::string(5000, 'a')}) {
    EXPECT_EQ(parse_reference(bad).kind, ReferenceKind::kInvalid) << bad;
    EXPECT_EQ(match_name(*with_names({dns("good.test")}), bad), NameMatch::kInvalidReference);
  }
}

}  // namespace
}  // namespace trestle::pki
