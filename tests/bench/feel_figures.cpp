#include "tests/bench/feel_figures.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

using namespace std::chrono_literals;

void wait(std::chrono::milliseconds span)
{
    QEventLoop loop;
    QTimer::singleShot(span, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds most)
{
    QEventLoop loop;
    QTimer look;
    bool came = false;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        came = condition();
        if (came) loop.quit();
    });
    QTimer::singleShot(most, &loop, &QEventLoop::quit);
    look.start(10ms);
    loop.exec();
    return came;
}

void say(const char* what, double value, const char* unit, double limit)
{
    std::printf("  %-58s %10.1f %-5s", what, value, unit);
    if (limit >= 0) std::printf(" (at most %g) %s", limit, value <= limit ? "ok" : "OVER");
    std::printf("\n");
    std::fflush(stdout);
}

void sayStalls(const StallProbe& probe)
{
    const auto whole = probe.whole(), work = probe.work();
    say("questions", double(whole.count), "", -1);
    say("stalls, p99", whole.p99, "ms", 16);
    say("stalls, worst", whole.worst, "ms", 50);
    say("of them own work, p99", work.p99, "ms", 16);
    say("of them own work, worst", work.worst, "ms", 50);
}

void sayNoise(const char* when, const Percentiles& noise)
{
    const std::string what = std::string("the machine's noise ") + when;
    say((what + ", p99").c_str(), noise.p99, "ms", -1);
    say((what + ", worst").c_str(), noise.worst, "ms", -1);
}

std::unique_ptr<ui::TimeChart> bigChart(const ui::Theme& theme, ui::TimeRange& range)
{
    ui::TimeChart::Options options;
    options.title = "Twelve series";
    for (int i = 0; i < kSeries; ++i)
        options.series.push_back({QString("series %1").arg(i + 1), i % 8 + 1, {}});
    auto chart = std::make_unique<ui::TimeChart>(theme, range, options, nullptr);
    std::vector<double> at(kPoints);
    std::vector<std::vector<double>> values(kSeries, std::vector<double>(kPoints));
    const double end =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    for (int i = 0; i < kPoints; ++i) {
        at[std::size_t(i)] = end - (kPoints - i) + 120;
        for (int s = 0; s < kSeries; ++s)
            values[std::size_t(s)][std::size_t(i)] = 100 + 50 * std::sin(i / 40.0 + s);
    }
    QElapsedTimer clock;
    clock.start();
    chart->setData(at, values);
    say("12 million points given to a chart", double(clock.elapsed()), "ms", -1);
    chart->resize(900, 400);
    chart->show();
    return chart;
}

} // namespace bench
