#include "ui/widgets/treemap_layout.h"

#include <algorithm>
#include <limits>

namespace ui {
namespace {

// A strip of rectangles along the shorter side of what is left.
struct Row
{
    double sum = 0, least = std::numeric_limits<double>::infinity(), most = 0; // of areas

    void add(double area)
    {
        sum += area;
        least = std::min(least, area);
        most = std::max(most, area);
    }
    // The longest side over the shortest, of the worst rectangle.
    double worst(double side) const
    {
        const double square = sum * sum, across = side * side;
        return std::max(across * most / square, square / (across * least));
    }
};

// Lays areas [from, to) along the shorter side of `rest` and takes their strip off it.
void layRow(const std::vector<double>& areas, std::size_t from, std::size_t to, const Row& row, QRectF& rest,
            std::vector<QRectF>& out)
{
    const bool upright = rest.width() >= rest.height(); // the strip is a column at the left
    const double side = upright ? rest.height() : rest.width();
    const double thickness = side > 0 ? row.sum / side : 0;
    double along = upright ? rest.top() : rest.left();
    for (auto i = from; i < to; ++i) {
        if (areas[i] <= 0) continue;
        const double length = thickness > 0 ? areas[i] / thickness : 0;
        out[i] = upright ? QRectF(rest.left(), along, thickness, length)
                         : QRectF(along, rest.top(), length, thickness);
        along += length;
    }
    upright ? rest.setLeft(rest.left() + thickness) : rest.setTop(rest.top() + thickness);
}

} // namespace

std::vector<QRectF> squarify(const std::vector<double>& sizes, const QRectF& area)
{
    std::vector<QRectF> out(sizes.size());
    double total = 0;
    for (const double size : sizes)
        if (size > 0) total += size;
    if (total <= 0 || area.isEmpty()) return out;
    std::vector<double> areas(sizes.size(), 0);
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i] > 0) areas[i] = sizes[i] / total * area.width() * area.height();
    QRectF rest = area;
    std::size_t from = 0;
    while (from < areas.size()) {
        const double side = std::min(rest.width(), rest.height());
        Row row;
        auto to = from;
        for (; to < areas.size(); ++to) {
            if (areas[to] <= 0) continue;
            auto longer = row;
            longer.add(areas[to]);
            if (row.sum > 0 && longer.worst(side) > row.worst(side)) break;
            row = longer;
        }
        if (row.sum > 0) layRow(areas, from, to, row, rest, out);
        from = to;
    }
    return out;
}

} // namespace ui
