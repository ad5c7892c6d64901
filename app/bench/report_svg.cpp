#include "app/bench/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace app {
namespace {

constexpr double kWidth = 960, kLeft = 250, kRight = 100, kRow = 26, kGap = 46, kTop = 70;
constexpr double kPlot = kWidth - kLeft - kRight;
constexpr std::string_view kText = "#1b1f24", kQuiet = "#5c6670", kRule = "#d7dde3";
constexpr std::string_view kEngine = "#0072b2", kBare = "#e69f00"; // Wong's blue and orange

std::string xml(std::string_view text)
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
        else if (static_cast<unsigned char>(c) >= ' ')
            out += c;
    }
    return out;
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    std::string shown = text;
    if (value >= 1'000)
        for (auto at = std::ptrdiff_t(shown.size()) - 3; at > 0; at -= 3)
            shown.insert(std::size_t(at), ",");
    return shown;
}

std::string coordinate(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

// Elements one below the other.
class Drawing
{
public:
    void text(double x, double y, std::string_view words, std::string_view colour,
              std::string_view anchor = "start", int size = 13, bool bold = false)
    {
        m_body += "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" fill=\"" +
                  std::string(colour) + "\" text-anchor=\"" + std::string(anchor) + "\" font-size=\"" +
                  std::to_string(size) + "\"" + (bold ? " font-weight=\"600\"" : "") + ">" + xml(words) +
                  "</text>\n";
    }
    void bar(double x, double y, double width, double height, std::string_view colour, std::string_view title)
    {
        m_body += "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" +
                  coordinate(std::max(width, 1.0)) + "\" height=\"" + coordinate(height) +
                  "\" rx=\"2\" fill=\"" + std::string(colour) + "\"><title>" + xml(title) +
                  "</title></rect>\n";
    }
    void line(double x1, double y1, double x2, double y2, std::string_view colour)
    {
        m_body += "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) +
                  "\" y2=\"" + coordinate(y2) + "\" stroke=\"" + std::string(colour) + "\"/>\n";
    }
    void heading(std::string_view words, std::string_view explanation)
    {
        bottom += kGap;
        text(24, bottom, words, kText, "start", 16, true);
        text(24, bottom + 18, explanation, kQuiet, "start", 12);
        bottom += 34;
    }
    std::string svg() const
    {
        const auto height = coordinate(bottom + 30);
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
               "width=\"" +
               coordinate(kWidth) + "\" height=\"" + height + "\" viewBox=\"0 0 " + coordinate(kWidth) + " " +
               height +
               "\" font-family=\"Inter, DejaVu Sans, sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
               "fill=\"#ffffff\"/>\n" +
               m_body + "</svg>\n";
    }

    double bottom = 0; // where the next element goes

private:
    std::string m_body;
};

struct Row
{
    std::string label;
    const Figure* figure = nullptr;
    std::string_view colour;
};

double lowestOf(const Figure& figure)
{
    return *std::min_element(figure.rounds.begin(), figure.rounds.end());
}
double highestOf(const Figure& figure)
{
    return *std::max_element(figure.rounds.begin(), figure.rounds.end());
}

void drawHead(Drawing& drawing, const BenchReport& report)
{
    char machine[256];
    std::snprintf(machine, sizeof machine, "%s run, %s · %d CPUs (%s) · Redis %s × %d, PostgreSQL %s × %d",
                  report.mode.c_str(), report.takenAt.c_str(), report.machine.cpus,
                  report.machine.processor.c_str(), report.machine.redisVersion.c_str(),
                  report.machine.redisNodes, report.machine.postgresVersion.c_str(),
                  report.machine.postgresNodes);
    drawing.text(24, 36, "Rookery bench", kText, "start", 20, true);
    drawing.text(24, 58, machine, kQuiet, "start", 12);
    drawing.bottom = kTop;
}

// Bars of medians from zero with a whisker from the lowest to the highest round.
void drawRates(Drawing& drawing, const std::vector<Row>& rows)
{
    double most = 1;
    for (const auto& row : rows)
        most = std::max(most, highestOf(*row.figure));
    const auto at = [&](double value) { return kLeft + kPlot * value / most; };
    for (const auto& row : rows) {
        const double middle = median(row.figure->rounds), whisker = drawing.bottom + kRow / 2 - 2;
        drawing.text(kLeft - 10, drawing.bottom + 15, row.label, kText, "end");
        drawing.bar(kLeft, drawing.bottom + 3, at(middle) - kLeft, kRow - 10, row.colour,
                    row.figure->label + ": " + number(middle) + " " + row.figure->unit);
        drawing.line(at(lowestOf(*row.figure)), whisker, at(highestOf(*row.figure)), whisker, kText);
        drawing.text(at(highestOf(*row.figure)) + 8, drawing.bottom + 15, number(middle), kQuiet);
        drawing.bottom += kRow;
    }
}

// From p50 to p99 on a logarithmic axis.
void drawLatencies(Drawing& drawing, const BenchReport& report)
{
    struct Span
    {
        std::string key, label;
        std::string_view colour;
    };
    const std::vector<Span> spans{{"page.bare", "bare ZREVRANGE + MGET", kBare},
                                  {"page.warm", "home page of 20, warm", kEngine},
                                  {"page.deep", "home page far down", kEngine},
                                  {"post.idle", "post, idle", kEngine},
                                  {"post.busy", "post, during fan-out", kEngine},
                                  {"delivery.idle", "delivery to few, idle", kEngine},
                                  {"delivery.busy", "the same, during fan-out", kEngine},

                                  {"deletion.deleting.post", "post, beside a deletion", kEngine}};
    double least = 1e9, most = 1e-9;
    for (const auto& span : spans)
        for (const auto* name : {".p50_ms", ".p99_ms"})
            if (const auto* figure = report.figure(span.key + name)) {
                least = std::min(least, median(figure->rounds));
                most = std::max(most, median(figure->rounds));
            }
    if (least > most || least <= 0) return;
    const double from = std::floor(std::log10(least)), to = std::max(from + 1, std::ceil(std::log10(most)));
    const auto at = [&](double value) { return kLeft + kPlot * (std::log10(value) - from) / (to - from); };
    const double top = drawing.bottom;
    for (double power = from; power <= to; ++power) {
        const double x = at(std::pow(10, power));
        drawing.line(x, top, x, top + kRow * double(spans.size()), kRule);
        drawing.text(x, top + kRow * double(spans.size()) + 14, number(std::pow(10, power)) + " ms", kQuiet,
                     "middle", 11);
    }
    for (const auto& span : spans) {
        const auto *low = report.figure(span.key + ".p50_ms"), *high = report.figure(span.key + ".p99_ms");
        if (low && high) {
            const double p50 = median(low->rounds), p99 = median(high->rounds);
            drawing.text(kLeft - 10, drawing.bottom + 15, span.label, kText, "end");
            drawing.bar(at(p50), drawing.bottom + 5, at(p99) - at(p50), kRow - 14, span.colour,
                        low->label + " " + number(p50) + " ms, p99 " + number(p99) + " ms");
            drawing.text(at(p99) + 8, drawing.bottom + 15, number(p50) + " / " + number(p99), kQuiet);
        }
        drawing.bottom += kRow;
    }
    drawing.bottom += 16;
}

void drawRatios(Drawing& drawing, const BenchReport& report)
{
    for (const auto& ratio : report.ratios) {
        drawing.text(kLeft - 10, drawing.bottom + 15, ratio.key, kText, "end");
        if (ratio.rounds.empty()) {
            drawing.text(kLeft, drawing.bottom + 15, "not measured in this run", kQuiet);
        } else {
            const auto [lowest, highest] = std::minmax_element(ratio.rounds.begin(), ratio.rounds.end());
            drawing.text(kLeft, drawing.bottom + 15, number(median(ratio.rounds)), kText, "start", 13, true);
            drawing.text(kLeft + 80, drawing.bottom + 15,
                         number(*lowest) + " – " + number(*highest) + " in " +
                             std::to_string(ratio.rounds.size()) + " rounds",
                         kQuiet);
        }
        drawing.bottom += kRow;
    }
}

// "fanout.10000_timelines.audience_1000.engine_deliveries_per_s" → "1,000 of 10,000", "fill.10000_…" →
// "filling 10,000"
std::string audienceLabel(const std::string& key)
{
    const auto numberAfter = [&](std::string_view words) {
        return std::atof(key.c_str() + key.find(words) + words.size());
    };
    const auto whole = [](double value) {
        return value >= 1'000 ? number(value) : std::to_string(int(value));
    };
    if (key.starts_with("fill.")) return "filling " + whole(numberAfter("fill."));
    return whole(numberAfter("audience_")) + " of " + whole(numberAfter("fanout."));
}

} // namespace

std::string benchSvg(const BenchReport& report)
{
    std::vector<Row> rates;
    for (const auto& figure : report.figures) {
        constexpr std::string_view bare = ".bare_zadd_per_s";
        if (!figure.key.ends_with(bare)) continue;
        const auto* engine =
            report.figure(figure.key.substr(0, figure.key.size() - bare.size()) + ".engine_deliveries_per_s");
        rates.push_back({"bare, " + audienceLabel(figure.key), &figure, kBare});
        if (engine) rates.push_back({"engine, " + audienceLabel(figure.key), engine, kEngine});
    }
    Drawing drawing;
    drawHead(drawing, report);
    drawing.heading("Deliveries per second",
                    "Audience of each post, and how many timelines there are; bare: pipelined ZADDs into as "
                    "many plain sorted sets. Line: lowest to highest round.");
    drawRates(drawing, rates);
    drawing.heading("Latency, p50 to p99", "Logarithmic. Medians of the rounds.");
    drawLatencies(drawing, report);
    drawing.heading("Ratios", "Median of ratios that were taken round by round.");
    drawRatios(drawing, report);
    return drawing.svg();
}

} // namespace app
