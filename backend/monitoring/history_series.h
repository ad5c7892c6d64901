// A point of history as named numbers, which is how it is kept on disk, and back. No state.
#pragma once

#include "backend/domain/snapshot.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace backend {

using SeriesValues = std::vector<std::pair<std::string, double>>; // none of them NaN

// Names nodes by name, so that a node keeps its series whatever its position. Caches' cumulative counts
// become counts since `before`; without it, or after an engine that counted has gone, they are left out.
SeriesValues seriesOf(const HistoryPoint& point, const std::vector<std::string>& nodeNames,
                      const HistoryPoint* before);

// The points of such series, ascending: `values[time][name]`. Caches' counts are summed up over the points,
// each of which stands for `seconds` such counts.
std::vector<HistoryPoint> pointsOf(const std::map<TimePoint, std::map<std::string, double>>& values,
                                   const std::vector<std::string>& nodeNames, double seconds);

} // namespace backend
