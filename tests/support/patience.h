// How long a test waits for what is to come: for longer than any machine needs, since nothing waits that long
// in vain. Qt Test's own five seconds are too few for one that is slow, or has much else to do. Compiled
// before every test, see rookery_test_headers.
#pragma once

#include <QTest>

namespace tests {

inline constexpr int kPatienceMs = 60'000;

} // namespace tests

#undef QTRY_VERIFY
#define QTRY_VERIFY(expression) QTRY_VERIFY_WITH_TIMEOUT((expression), tests::kPatienceMs)
#undef QTRY_VERIFY2
#define QTRY_VERIFY2(expression, message)                                                                    \
    QTRY_VERIFY2_WITH_TIMEOUT((expression), (message), tests::kPatienceMs)
#undef QTRY_COMPARE
#define QTRY_COMPARE(expression, expected)                                                                   \
    QTRY_COMPARE_WITH_TIMEOUT((expression), expected, tests::kPatienceMs)
