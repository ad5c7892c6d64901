#include "backend/report/charts.h"

#include "backend/report/tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace backend {
namespace {

// The cividis scale (readable with any colour vision) at ten even steps.
constexpr std::array<std::array<int, 3>, 10> kCividis{{{0, 34, 78},
                                                       {18, 53, 112},
                                                       {59, 73, 108},
                                                       {87, 93, 109},
                                                       {112, 113, 115},
                                                       {138, 134, 120},
                                                       {165, 156, 116},
                                                       {195, 179, 105},
                                                       {225, 204, 85},
                                                       {254, 232, 56}}};

std::string colour(double fraction)
{
    const double at = std::clamp(fraction, 0.0, 1.0) * double(kCividis.size() - 1);
    const auto lower = std::min(std::size_t(at), kCividis.size() - 2);
    const double rest = at - double(lower);
    std::array<int, 3> mixed{};
    for (std::size_t i = 0; i < 3; ++i)
        mixed[i] = int(std::lround(kCividis[lower][i] * (1 - rest) + kCividis[lower + 1][i] * rest));
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "#%02x%02x%02x", mixed[0] & 255, mixed[1] & 255, mixed[2] & 255);
    return text.data();
}

std::string at(double value)
{
    return realFigure(value, 2).value_or("0");
}

std::string attribute(const char* name, const std::string& value)
{
    return std::string(" ") + name + "=\"" + xmlText(value) + "\"";
}

std::string textAt(double x, double y, const std::string& text, const char* anchor = "start")
{
    return "<text" + attribute("x", at(x)) + attribute("y", at(y)) + attribute("text-anchor", anchor) + ">" +
           xmlText(text) + "</text>";
}

std::string rect(double x, double y, double width, double height, const std::string& more,
                 const std::string& tip = {})
{
    const auto out = "<rect" + attribute("x", at(x)) + attribute("y", at(y)) + attribute("width", at(width)) +
                     attribute("height", at(height)) + more;
    return tip.empty() ? out + "/>" : out + "><title>" + xmlText(tip) + "</title></rect>";
}

std::string line(double x, double y1, double y2, const char* kind)
{
    return "<line" + attribute("class", kind) + attribute("x1", at(x)) + attribute("x2", at(x)) +
           attribute("y1", at(y1)) + attribute("y2", at(y2)) + "/>";
}

std::string shown(double value, BalanceMetric metric)
{
    const auto figure = metricFigure(value, metric);
    return figure ? groupedDigits(*figure) : "not known";
}

std::string openSvg(double width, double height, const std::string& label)
{
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" + attribute("aria-label", label) +
           attribute("viewBox", "0 0 " + at(width) + " " + at(height)) + attribute("width", at(width)) +
           ">\n";
}

std::string colourLegend(double left, double y, double width, const ShardReportBalance& balance)
{
    std::string out;
    const double step = width / 40;
    for (int i = 0; i < 20; ++i)
        out += rect(left + i * step, y, step + 0.5, 8, attribute("fill", colour(i / 19.0)));
    out += textAt(left, y + 22, "0");
    return out + textAt(left + 20 * step, y + 22, shown(balance.byShard.max, balance.metric), "end") + "\n";
}

} // namespace

std::string xmlText(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
            out += c;
    }
    return out;
}

std::string heatmapSvg(const ShardReport& report, const ShardReportBalance& balance)
{
    const int columns = report.rows.size() > 256 ? 64 : 16;
    const double cell = columns == 64 ? 8 : 26, gap = columns == 64 ? 1 : 2, left = 38;
    const int rows = (int(report.rows.size()) + columns - 1) / columns;
    const double width = left + columns * (cell + gap), legendY = rows * (cell + gap) + 8;
    const std::string name(toString(balance.metric));
    std::string out =
        openSvg(width, legendY + 28,
                name + " by logical shard, from 0 to " + shown(balance.byShard.max, balance.metric));
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
        const auto& row = report.rows[i];
        const double value = valueOf(row.shard, balance.metric);
        const double x = left + double(int(i) % columns) * (cell + gap),
                     y = double(int(i) / columns) * (cell + gap);
        if (int(i) % columns == 0)
            out += textAt(left - 6, y + cell / 2 + 4, std::to_string(row.shard.shard), "end");
        const bool known = !std::isnan(value);
        const double fraction = known && balance.byShard.max > 0 ? value / balance.byShard.max : 0;
        out += rect(
            x, y, cell, cell, known ? attribute("fill", colour(fraction)) : attribute("class", "unknown"),
            "shard " + std::to_string(row.shard.shard) + ": " + shown(value, balance.metric) + " " + name);
        out += '\n';
    }
    return out + colourLegend(left, legendY, width, balance) + "</svg>\n";
}

std::string chanceBandText(const ShardReportBalance& balance)
{
    return "by chance alone ± " + realFigure(chanceBand(balance.byNode) * 100, 1).value_or("0") + " % (2 σ)";
}

std::string rankedBarsSvg(const ShardReport& report, const ShardReportBalance& balance)
{
    constexpr double left = 110, plot = 360, right = 130, barHeight = 16, pitch = 22, top = 4;
    const double mean = balance.byNode.mean, spread = chanceBand(balance.byNode) * mean;
    const double most = std::max(balance.byNode.max, mean + spread);
    const auto scale = [&](double value) { return most > 0 ? std::max(0.0, value) / most * plot : 0; };
    const double height = top + pitch * double(balance.nodes.size());
    std::string out = openSvg(left + plot + right, height + 18,
                              std::string(toString(balance.metric)) + " by node, highest first");
    for (std::size_t i = 0; i < balance.nodes.size(); ++i) {
        const auto& load = balance.nodes[i];
        const double y = top + pitch * double(i), length = std::isnan(load.value) ? 0 : scale(load.value);
        out += textAt(left - 8, y + 13, load.name, "end") +
               rect(left, y, length, barHeight, attribute("class", "bar"));
        out += textAt(left + plot + right - 10, y + 13, shown(load.value, balance.metric), "end") + "\n";
    }
    const bool band = report.users > 0 && spread > 0;
    if (band)
        out += rect(left + scale(mean - spread), 0, scale(mean + spread) - scale(mean - spread), height,
                    attribute("class", "band"), chanceBandText(balance));
    if (mean > 0)
        out += line(left + scale(mean), 0, height, "mean") +
               textAt(left, height + 14,
                      band ? "dashed: mean; shaded: " + chanceBandText(balance) : "dashed: mean");
    return out + "</svg>\n";
}

} // namespace backend
