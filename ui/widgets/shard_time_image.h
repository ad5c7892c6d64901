// The cells of shard against time, as an image of one pixel a cell: lines of shards down, columns of time
// across. Where there are more shards than lines, each line shows the one of its shards that matters most.
// Unknown cells are transparent. Pure functions; any thread.
#pragma once

#include "backend/domain/shard_history.h"

#include <QImage>
#include <QRgb>

#include <array>

namespace ui {

using ColorTable = std::array<QRgb, 256>; // from the lower end of the scale to the upper one

// Parts of the mean of a column, less 1: 0.5 is half as much again as the mean; NaN: not known. A column
// whose shards all have 0 has no deviation.
std::vector<float> deviationsOf(const backend::ShardHistory& history);
// Shards that share a line, with at most `lines` lines.
int shardsPerLine(int shards, int lines);
// values: as in the history, or deviationsOf it. Of several shards in a line the one farthest from `middle`
// counts: the highest load with 0. low … high: the scale; what is beyond takes the colour of its end.
QImage shardTimeImage(const backend::ShardHistory& history, const std::vector<float>& values, int perLine,
                      float middle, float low, float high, const ColorTable& colors);

} // namespace ui
