// The report's pictures as inline SVG without any reference; colours of lines and text come from the page's
// style, so that they follow light and dark. Internal to backend/report. Pure; any thread.
#pragma once

#include "backend/domain/shard_report.h"

#include <string>

namespace backend {

// & < > " replaced, control characters dropped.
std::string xmlText(const std::string& text);

// All logical shards as cells, row by row; colour from 0 to the highest value.
std::string heatmapSvg(const ShardReport& report, const ShardReportBalance& balance);
// "by chance alone ± 7.5 % (2 σ)": what the band in the nodes' chart is.
std::string chanceBandText(const ShardReportBalance& balance);
// The nodes, highest first, with the mean and the band in which chance alone puts most of them.
std::string rankedBarsSvg(const ShardReport& report, const ShardReportBalance& balance);

} // namespace backend
