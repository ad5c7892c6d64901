// Where a quantity that was watched is going: a robust line through it (Theil and Sen: the median of all
// slopes; the interval of Sen, 1968, tells growth from noise) and when it reaches a limit. No date from too
// little: neither from a short time nor far beyond what was watched. Pure; any thread.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <vector>

namespace ui {

inline constexpr double kGrowthNeedsSeconds = 600;
inline constexpr int kGrowthNeedsPoints = 10;
inline constexpr double kGrowthReach = 30; // no date further ahead than so many times what was watched

struct GrowthPoint
{
    double atSeconds = 0; // since the Unix epoch
    double value = 0;
};

struct Growth
{
    enum class Kind {
        TooShort,   // known for too short a time
        NotGrowing, // shrinking, or no more than noise
        NoLimit,    // grows, but towards what is not known
        TooFar,     // full only beyond what the time watched can tell
        Fills,      // `fullAt`
        Full,       // the limit is reached
    };
    Kind kind = Kind::TooShort;
    double knownSeconds = 0;
    double perSecond = 0;                // of the line; 0 while too short
    double atSeconds = 0, value = 0;     // a point of the line: its end
    std::optional<double> fullAtSeconds; // Fills
};

// The line alone, without a limit: TooShort, NotGrowing or NoLimit. Points ascending, no NaN. Sorts thousands
// of slopes: not for the GUI thread.
Growth fitLine(const std::vector<GrowthPoint>& points);
// What the line says of a limit; <= 0: not known. Cheap.
Growth towards(Growth line, double limit);

} // namespace ui
