// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trestle::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AlertsTest, OpenSslTrace) {
  EXPECT_THAT(alerts_in_openssl_trace("Sent Record\nHeader:\n  Content Type = Alert (21)\n"
                                      "    Level=fatal(2), description=bad certificate(42)\n"
                                      "Received Record\n  Inner Content Type = Alert (21)\n"
                                      "    Level=warning(1), description=close notify(0)\n"),
              ElementsAre(sent_alert(42), received_alert(0)));
}

TEST(AlertsTest, GnuTls) {
  EXPECT_THAT(alerts_in_gnutls_log("|<5>| REC: Sending Alert[2|48] - CA is unknown\n"
                                   "|<5>| REC[0x5]: Preparing Packet Alert(21) with length: 2\n"
                                   "|<5>| REC[0x5]: Alert[1|0] - Close notify - was received\n"),
              ElementsAre(sent_alert(48), received_alert(0)));
}

TEST(AlertsTest, Nginx) {
  EXPECT_THAT(alerts_in_nginx_log("[info] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000412:"
                                  "SSL routines::sslv3 alert bad certificate:SSL alert number 42) "
                                  "while SSL handshaking, client: 127.0.0.1\n"),
              ElementsAre(received_alert(42)));
}

TEST(AlertsTest, Curl) {
  EXPECT_THAT(alerts_in_curl_log("* TLSv1.3 (OUT), TLS alert, unknown CA (560):\n"
                                 "* TLSv1.2 (IN), TLS alert, close notify (256):\n"),
              ElementsAre(sent_alert(48), received_alert(0)));
}

TEST(AlertsTest, OtherTextHasNone) {
  for (const AlertParser parse : {alerts_in_openssl_trace, alerts_in_gnutls_log,
                                  alerts_in_nginx_log, alerts_in_curl_log}) {
    EXPECT_THAT(parse(""), IsEmpty());
    EXPECT_THAT(parse("Alert\nLevel=\nAlert[x|y]\nSSL alert number\nTLS alert, (a)\n"), IsEmpty());
  }
}

}  // namespace
}  // namespace trestle::testing
