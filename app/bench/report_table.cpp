#include "app/bench/figures.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace app {
namespace {

constexpr int kLabelWidth = 62, kLine = 110;
constexpr double kBusyMachine = 0.1;

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...)
{
    char line[512];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    out += line;
}

std::string shown(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, value >= 1'000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value);
    std::string number = text;
    if (value >= 10'000)
        for (auto at = std::ptrdiff_t(number.size()) - 3; at > 0; at -= 3)
            number.insert(std::size_t(at), ",");
    return number;
}

// Left-aligned by characters, not bytes.
std::string padded(std::string text, int width)
{
    const auto characters =
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    if (characters < width) text.append(std::size_t(width - characters), ' ');
    return text;
}

void wrap(std::string& out, const std::string& text, const std::string& indent)
{
    std::string line = indent;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        const auto word = text.substr(at, end - at);
        if (line.size() > indent.size() && line.size() + 1 + word.size() > std::size_t(kLine)) {
            out += line + '\n';
            line = indent;
        }
        if (line.size() > indent.size()) line += ' ';
        line += word;
        at = end + 1;
    }
    out += line + '\n';
}

void addRow(std::string& out, const std::string& label, const std::vector<double>& rounds,
            const std::string& unit, std::int64_t repetitions)
{
    const auto [lowest, highest] = std::minmax_element(rounds.begin(), rounds.end());
    const auto each = repetitions > 0 ? " × " + std::to_string(repetitions) : std::string();
    out += "  " + padded(label, kLabelWidth) + padded(shown(median(rounds)), 12) + padded(unit, 14) +
           padded(shown(*lowest) + " – " + shown(*highest), 22) + std::to_string(rounds.size()) + each + "\n";
}

void addMachine(std::string& out, const BenchReport& report)
{
    const auto& machine = report.machine;
    print(out, "rookeryctl bench, %s run, %s, %.0f s\n", report.mode.c_str(), report.takenAt.c_str(),
          report.seconds);
    print(out, "  %d CPUs (%s), %.1f GiB of memory (%.1f available), %s, %s build\n", machine.cpus,
          machine.processor.c_str(), double(machine.memoryBytes) / (1 << 30),
          double(machine.memoryAvailableBytes) / (1 << 30), machine.kernel.c_str(), machine.build.c_str());
    print(out, "  PostgreSQL %s × %d (fsync %s), Redis %s × %d, %d logical shards, %d workers\n",
          machine.postgresVersion.c_str(), machine.postgresNodes, machine.postgresFsync.c_str(),
          machine.redisVersion.c_str(), machine.redisNodes, machine.logicalShards, machine.workers);
    print(out, "  load average before %.2f %.2f %.2f, after %.2f %.2f %.2f\n", machine.loadBefore[0],
          machine.loadBefore[1], machine.loadBefore[2], machine.loadAfter[0], machine.loadAfter[1],
          machine.loadAfter[2]);
    if (machine.foreignCpuShare >= 0)
        print(out, "  other programs took %.0f %% of the processors while it ran%s\n",
              machine.foreignCpuShare * 100,
              machine.foreignCpuShare > kBusyMachine
                  ? ": too much for figures to rely on, compare ratios at most"
                  : "");
}

} // namespace

std::string benchTable(const BenchReport& report)
{
    std::string out;
    addMachine(out, report);
    out += "\nPrepared\n";
    for (const auto& line : report.prepared)
        wrap(out, line, "  ");
    out += "\n" + padded("Figures", kLabelWidth + 2) + padded("median", 12) + padded("unit", 14) +
           padded("min – max", 22) + "rounds × repetitions\n";
    for (const auto& figure : report.figures)
        addRow(out, figure.label, figure.rounds, figure.unit, figure.repetitions);
    out += "\n" + padded("Ratios, taken round by round", kLabelWidth + 2) + padded("median", 12) +
           padded("", 14) + padded("min – max", 22) + "rounds\n";
    for (const auto& ratio : report.ratios) {
        if (ratio.rounds.empty())
            out += "  " + padded(ratio.key, kLabelWidth) + "not measured\n";
        else
            addRow(out, ratio.key, ratio.rounds, "", 0);
        wrap(out, ratio.reason, "      ");
    }
    return out;
}

} // namespace app
