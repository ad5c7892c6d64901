#include "backend/report/figures.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace backend {
namespace {

std::string formatUtc(TimePoint time, const char* format)
{
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

} // namespace

Figure wholeFigure(std::int64_t value)
{
    if (value < 0) return std::nullopt;
    return std::to_string(value);
}

Figure realFigure(double value, int decimals)
{
    if (!(value >= 0) || std::isinf(value)) return std::nullopt;
    std::array<char, 400> text{}; // the largest double has 309 digits before the point
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
    std::string out(text.data(), end.ptr);
    if (out.find('.') != std::string::npos) {
        out.erase(out.find_last_not_of('0') + 1);
        if (out.back() == '.') out.pop_back();
    }
    return out;
}

std::string groupedDigits(const std::string& figure)
{
    const auto point = std::min(figure.find('.'), figure.size());
    std::string out;
    for (std::size_t i = 0; i < figure.size(); ++i) {
        if (i > 0 && i < point && (point - i) % 3 == 0) out += ',';
        out += figure[i];
    }
    return out;
}

std::string utcText(TimePoint time)
{
    return formatUtc(time, "%Y-%m-%dT%H:%M:%SZ");
}
std::string utcWords(TimePoint time)
{
    return formatUtc(time, "%Y-%m-%d %H:%M:%S UTC");
}

} // namespace backend
