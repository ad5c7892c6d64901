// Whether a scripted engine is left alone. The test's thread.
#pragma once

#include "tests/support/fake_engine.h"
#include "tests/support/patience.h"

namespace tests {

// Waits until nothing new was asked for a while: what was under way has come. False when it never ends.
inline bool settled(const FakeEngine& engine)
{
    for (int round = 0; round < kPatienceMs / 300; ++round) {
        const int before = engine.asked();
        QTest::qWait(300);
        if (engine.asked() == before) return true;
    }
    return false;
}

} // namespace tests
