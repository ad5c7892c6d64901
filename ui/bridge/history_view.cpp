#include "ui/bridge/history_view.h"

#include <algorithm>

namespace ui {
namespace {

// A point comes every second; a sampler that is a little late leaves no gap.
constexpr std::chrono::milliseconds kLate{2500};

} // namespace

std::vector<HistoryGap> gapsOf(const HistoryView& view)
{
    std::vector<HistoryGap> out;
    auto last = view.before;
    const auto meet = [&](backend::TimePoint at) {
        if (last && at - *last > view.step + kLate) out.push_back({*last + view.step, at});
        last = at;
    };
    for (const auto& point : view)
        meet(point.at);
    if (view.after) meet(*view.after);
    return out;
}

} // namespace ui
