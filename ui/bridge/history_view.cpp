#include "ui/bridge/history_view.h"

#include <algorithm>

namespace ui {
std::vector<HistoryGap> gapsOf(const HistoryView& view)
{
    std::vector<HistoryGap> out;
    auto last = view.before;
    const auto meet = [&](backend::TimePoint at) {
        if (last && at - *last > view.step + kLateness)
            out.push_back({*last + view.step, at});
        else if (!last && view.wholeFrom && at - *view.wholeFrom > view.step + kLateness)
            out.push_back({*view.wholeFrom, at, true});
        last = at;
    };
    for (const auto& point : view)
        meet(point.at);
    if (view.after) meet(*view.after);
    return out;
}

} // namespace ui
