// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace trestle::testing {

// The certificate of section 3.4.2 of the CSR Synergy TLS API document, as printed there: two lines
// (the seventh and the thirteenth) are a character short.
inline constexpr char kSampleCertificate[] = R"(-----BEGIN CERTIFICATE-----
MIICdzCCAeCgAwIBAgIBBDANBgkqhkiG9w0BAQUFADBMMQswCQYDVQQGEwJESzEQ
MA4GA1UEBwwHQWFsYm9yZzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDDDBVDZJ0aWZp
Y2F0ZSBDbXR0b3JpdHkwHhcNMjAwNzI4MDAwMDAwWhcNNDAwMDAwMDAwMDAwMDAw
MQswCQYDVQQGEwJESzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDEwNDU1IGVExTIFRl
c3QgQ2xpZW50MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDk/Pf7cgJ794fn
siGVCqrwVgQFeKcMRGs3f6zqZ6LbKC3rk4UqDE88BIPYSf/HokgGXTvrmWlowsuu
43wjFgbZgWfK080wZS39KBNUzI/onfPLiqi7y6RRHUtAAuJPHMLUwWHBWTnJlvA
i4p6eI24gP8+f3laynbulP7MEtHCywiDAQAB03sweTAJBgNVHRMEAjAAMCwGCWCG
SAGG+EIBDQOQfFh1PcGVuU1NMIEdlbmVYXRlZCBBDZJ0aWZpY2F0ZTAdBgNVHQ4E
FgQUUG+uUYMqelfdVlFpTK8Ovi51cnUwHwYDVROjBBgwFoAUMtAal9Q50bedoLEI
gIld9MwGTGAwdQYJKoZIhvcNAQEFBQADgYEAUWC3oJ0EMDGQJx4x1JGbVcEEPl7F
lZSqV37q1OUufWZG/QAH/Q7f2mdhBTruKLKGMbPq3wV/88fhTevTWw8mWJSbgBtZ
t0uDtgRqA8y3u+RIQYNEIuA2cXxGUZYMfwTfBAv34sOCHB7Pq51NvNub9GD5yjb
7Aw1JHFrQoS/O7A=
-----END CERTIFICATE-----
)";

// The same with a character in each of the two places, so that the base64 can be decoded. What
// comes out is still no certificate.
inline std::string restored_sample_certificate() {
  std::string text = kSampleCertificate;
  for (const char* end_of_short_line : {"WTnJlvA\n", "GD5yjb\n"}) {
    text.insert(text.find(end_of_short_line) + std::string(end_of_short_line).size() - 1, "A");
  }
  return text;
}

}  // namespace trestle::testing
