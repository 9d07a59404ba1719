// SPDX-License-Identifier: Apache-2.0
// TRESTLE_OPTION_SERVER_NAME: whose certificate it is, by RFC 9525, the same on every backend.
#include <gtest/gtest.h>

#include <ostream>

#include "abi_tests/configuration/client_hello.h"
#include "abi_tests/configuration/sides.h"

namespace trestle::testing {
namespace {

constexpr int32_t kMatch = TRESTLE_RESULT_SUCCESS;
constexpr int32_t kMismatch = TRESTLE_RESULT_CERT_NAME_MISMATCH;
constexpr int32_t kNotChecked = TRESTLE_RESULT_CERT_NAME_NOT_CHECKED;

struct Asked {
  std::string name;  // "": none
  int32_t result;
  std::string sent;  // as SNI; "": none
};

struct Case {
  std::string name;
  Certificate certificate;
  std::vector<Asked> asked;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

std::vector<Case> cases() {
  const auto leaf = [](const char* common_name) { return Certificate::leaf(common_name); };
  return {
      {"OneName",
       leaf("x").dns("good.test"),
       {{"good.test", kMatch, "good.test"},
        {"GOOD.Test", kMatch, "good.test"},
        {"good.test.", kMatch, "good.test"},  // the absolute form of the same
        {"bad.test", kMismatch, "bad.test"},
        {"www.good.test", kMismatch, "www.good.test"},
        {"127.0.0.1", kMismatch, ""},
        {"", kNotChecked, ""}}},
      {"SeveralNames",
       leaf("x").dns("one.test").dns("two.test").ip("127.0.0.1").ip("::1"),
       {{"one.test", kMatch, "one.test"},
        {"two.test", kMatch, "two.test"},
        {"127.0.0.1", kMatch, ""},
        {"::1", kMatch, ""},
        {"0:0:0:0:0:0:0:1", kMatch, ""},
        {"127.0.0.2", kMismatch, ""},
        {"::2", kMismatch, ""}}},
      {"Wildcard",
       leaf("x").dns("*.good.test"),
       {{"www.good.test", kMatch, "www.good.test"},
        {"good.test", kMismatch, "good.test"},
        {"a.b.good.test", kMismatch, "a.b.good.test"}}},
      {"WildcardBelowATopLevelDomain",
       leaf("x").dns("*.test"),
       {{"good.test", kMismatch, "good.test"}}},
      {"StarWithinALabel", leaf("x").dns("g*d.test"), {{"good.test", kMismatch, "good.test"}}},
      {"AddressAsDnsName", leaf("x").dns("127.0.0.1"), {{"127.0.0.1", kMismatch, ""}}},
      {"AddressAsCommonName", leaf("127.0.0.1"), {{"127.0.0.1", kMismatch, ""}}},
      {"CommonNameAlone", leaf("good.test"), {{"good.test", kMismatch, "good.test"}}},
      {"CommonNameBesideAnother",
       leaf("good.test").dns("other.test"),
       {{"good.test", kMismatch, "good.test"}, {"other.test", kMatch, "other.test"}}},
      {"NameWithAZeroByte",
       leaf("x").dns(std::string("good.test\0.evil.test", 20)),
       {{"good.test", kMismatch, "good.test"}}},
  };
}

const Identity& root() {
  static const Identity made = Certificate::root("Name Root").issue();
  return made;
}

class NameCheck : public ::testing::TestWithParam<Case> {
 protected:
  Session client(const std::string& backend, const Asked& asked) {
    Session session = program_.client(backend);
    session.trust(root().cert_pem());
    if (!asked.name.empty()) session.set(TRESTLE_OPTION_SERVER_NAME, asked.name);
    return session;
  }

  Program program_;
};

TEST_P(NameCheck, TellsTheProgram) {
  ServerOptions options;
  options.identity = Certificate(GetParam().certificate).signed_by(root()).issue();
  GnuTlsServer server(options);
  for (const Asked& asked : GetParam().asked) {
    for (const std::string& backend : backends()) {
      SCOPED_TRACE(backend + ", asked for '" + asked.name + "'");
      Session session = client(backend, asked);
      EXPECT_EQ(offered_server_name(session), asked.sent);
      Connection connection = session.connect_to(server.address(), server.port());
      Message question = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
      EXPECT_EQ(name_of(question->result), name_of(TRESTLE_RESULT_SUCCESS)) << question;
      EXPECT_EQ(name_of(question->name_result), name_of(asked.result));
      // Whatever the name: the program's word is the last.
      EXPECT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
      program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
      EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
    }
  }
}

TEST_P(NameCheck, DecidesByItself) {
  ServerOptions options;
  options.identity = Certificate(GetParam().certificate).signed_by(root()).issue();
  GnuTlsServer server(options);
  for (const Asked& asked : GetParam().asked) {
    for (const std::string& backend : backends()) {
      SCOPED_TRACE(backend + ", asked for '" + asked.name + "'");
      Session session = client(backend, asked);
      session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
      session.connect_to(server.address(), server.port());
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      EXPECT_EQ(name_of(end->result), name_of(asked.result)) << end;
      if (asked.result != kMatch) {
        EXPECT_EQ(end.alert(), uint32_t{TRESTLE_ALERT_BAD_CERTIFICATE}) << end;
      }
      session.destroy();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Certificates, NameCheck, ::testing::ValuesIn(cases()),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace trestle::testing
