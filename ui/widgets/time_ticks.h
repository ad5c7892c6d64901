// Where every time axis has its ticks and what they say: round moments of the zone that is shown, with the
// day where one begins, or at the first where none does and it is not today. Seconds are told where ticks
// stand closer than minutes; a window of minutes has none of those, so that its labels stay short. Ticks of
// the same window are the same however narrow its axis is: where there is no room for a label, it has none.
// Pure; GUI thread.
#pragma once

#include <QString>

#include <vector>

namespace ui {

struct TimeTick
{
    double at = 0; // seconds since the Unix epoch
    QString text;  // empty: no room for it
};

// Ascending, within begin … end; about so many with a label at most, shorter ones may stand closer.
std::vector<TimeTick> timeTicks(double begin, double end, int most);

} // namespace ui
