// What the tests of the Overview do with its page and its snapshots. The test's thread.
#pragma once

#include "tests/ui/page_fixture.h"
#include "ui/pages/overview_page.h"
#include "ui/widgets/metric_tile.h"

#include <chrono>
#include <utility>

namespace tests {

// Of the last hour: older history is nobody's.
inline backend::TimePoint takenAt()
{
    static const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return time;
}

// Stands still: the engine gives this one again and again.
inline void fix(PageFixture& fixture, backend::ClusterSnapshot snapshot)
{
    fixture.engine().setSequenceAdvances(false);
    fixture.engine().setSnapshot(std::move(snapshot));
}

inline backend::ClusterSnapshot still()
{
    auto snapshot = fakeSnapshot(1);
    snapshot.takenAt = takenAt();
    return snapshot;
}

inline ui::MetricTile& tile(const PageFixture& fixture, const char* name)
{
    return *fixture.find<ui::MetricTile>(name);
}

} // namespace tests
