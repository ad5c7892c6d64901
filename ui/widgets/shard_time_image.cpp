#include "ui/widgets/shard_time_image.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {

std::vector<float> deviationsOf(const backend::ShardHistory& history)
{
    std::vector<float> out(history.values.size(), std::numeric_limits<float>::quiet_NaN());
    const auto shards = std::size_t(history.shards);
    for (std::size_t column = 0; column < history.at.size(); ++column) {
        const auto* from = history.values.data() + column * shards;
        double sum = 0;
        std::size_t known = 0;
        for (std::size_t shard = 0; shard < shards; ++shard) {
            if (std::isnan(from[shard])) continue;
            sum += from[shard];
            ++known;
        }
        if (known == 0) continue;
        const double mean = sum / double(known);
        for (std::size_t shard = 0; shard < shards; ++shard)
            if (!std::isnan(from[shard]))
                out[column * shards + shard] = mean > 0 ? float(from[shard] / mean - 1) : 0;
    }
    return out;
}

int shardsPerLine(int shards, int lines)
{
    return std::max(1, (shards + std::max(1, lines) - 1) / std::max(1, lines));
}

QImage shardTimeImage(const backend::ShardHistory& history, const std::vector<float>& values, int perLine,
                      float middle, float low, float high, const ColorTable& colors)
{
    const int lines = (history.shards + perLine - 1) / perLine;
    if (history.at.empty() || lines == 0) return {};
    QImage out(int(history.at.size()), lines, QImage::Format_ARGB32_Premultiplied);
    out.fill(Qt::transparent);
    const float span = std::max(high - low, std::numeric_limits<float>::min());
    const auto shards = std::size_t(history.shards), together = std::size_t(perLine);
    auto* pixels = reinterpret_cast<QRgb*>(out.bits());
    const auto pixelsInALine = std::size_t(out.bytesPerLine()) / sizeof(QRgb);
    for (std::size_t column = 0; column < history.at.size(); ++column) { // in the order in which they lie
        const float* from = values.data() + column * shards;
        for (std::size_t line = 0; line < std::size_t(lines); ++line) {
            float shown = std::numeric_limits<float>::quiet_NaN();
            for (auto shard = line * together; shard < std::min(shards, (line + 1) * together); ++shard)
                if (!std::isnan(from[shard]) &&
                    (std::isnan(shown) || std::abs(from[shard] - middle) > std::abs(shown - middle)))
                    shown = from[shard];
            if (std::isnan(shown)) continue;
            const float place = std::clamp((shown - low) / span, 0.0F, 1.0F);
            pixels[line * pixelsInALine + column] =
                colors[std::size_t(std::lround(place * float(colors.size() - 1)))];
        }
    }
    return out;
}

} // namespace ui
