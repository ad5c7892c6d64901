// How the desktop feels: time to the first picture, page switches, stalls of the GUI thread, idle cost,
// queries while nobody looks, memory after a day. On a scripted engine with 100 nodes, one dead and one that
// hangs, and calls that never return; prints figures with the machine's own noise beside them. `feel_bench
// rows` is the long list alone.
#include <QApplication>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "tests/bench/stall_probe.h"
#include "tests/ui/window_fixture.h"
#include "ui/pages/timeline_page.h"
#include "ui/widgets/time_chart.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace std::chrono_literals;
using tests::WindowFixture;

constexpr int kNodes = 100; // two series each: 200
constexpr int kPoints = 1'000'000, kSeries = 12;

void say(const char* what, double value, const char* unit, double limit)
{
    std::printf("  %-58s %10.1f %-5s", what, value, unit);
    if (limit >= 0) std::printf(" (at most %g) %s", limit, value <= limit ? "ok" : "OVER");
    std::printf("\n");
    std::fflush(stdout);
}

// The kernel tells when the process began, in hundredths of a second since the machine's start.
double millisecondsSinceProcessStart()
{
    std::ifstream in("/proc/self/stat");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int i = 0; i < 20; ++i) // starttime is the 22nd of all fields
        rest >> field;
    std::timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6 -
           std::stod(field) * 1e3 / double(sysconf(_SC_CLK_TCK));
}

double cpuSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double residentMegabytes()
{
    std::ifstream in("/proc/self/statm");
    long pages = 0;
    in >> pages >> pages;
    return double(pages) * double(sysconf(_SC_PAGESIZE)) / 1e6;
}

// Tells once when a widget was painted.
class FirstPaint final : public QObject
{
public:
    explicit FirstPaint(QWidget& of) { of.installEventFilter(this); }
    bool eventFilter(QObject*, QEvent* event) override
    {
        painted = painted || event->type() == QEvent::Paint;
        return false;
    }
    bool painted = false;
};

backend::ClusterSnapshot bigSnapshot()
{
    auto snapshot = tests::fakeSnapshot(1);
    while (int(snapshot.nodes.size()) < kNodes) {
        auto node = snapshot.nodes.back();
        node.id = int(snapshot.nodes.size()) + 1;
        node.name = "redis-" + std::to_string(node.id);
        snapshot.nodes.push_back(node);
    }
    snapshot.nodes[3].health = backend::Health::Down;
    snapshot.nodes[3].message = "it does not answer";
    snapshot.nodes[4].health = backend::Health::Degraded;
    snapshot.nodes[4].probeMilliseconds = 4'900;
    return snapshot;
}

std::vector<backend::HistoryPoint> bigHistory(backend::TimePoint end, int seconds)
{
    auto points = tests::fakeHistory(end, seconds);
    for (auto& point : points) {
        point.nodeMemoryBytes.assign(kNodes, 1e6);
        point.nodeCommandsPerSecond.assign(kNodes, 100);
    }
    return points;
}

backend::TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// A new point a second, as a live engine has.
void live(WindowFixture& fixture, std::chrono::seconds span)
{
    for (auto i = 0s; i < span; ++i) {
        fixture.engine().setHistory(bigHistory(now(), 5));
        QTest::qWait(1'000);
    }
}

void pages(WindowFixture& fixture)
{
    for (const auto& id : fixture.window->pageIds()) {
        std::vector<double> again;
        double first = 0;
        for (int i = 0; i < 6; ++i) {
            fixture.window->showPage(fixture.window->pageIds().at(id == fixture.window->pageIds().first()));
            QTest::qWait(50);
            QElapsedTimer clock;
            clock.start();
            fixture.window->showPage(id);
            fixture.window->repaint();
            QCoreApplication::processEvents();
            const double took = double(clock.nsecsElapsed()) / 1e6;
            if (i == 0)
                first = took;
            else
                again.push_back(took);
        }
        say(("page switch: " + id.toStdString() + ", first time").c_str(), first, "ms", 100);
        say(("page switch: " + id.toStdString() + ", worst of five more").c_str(),
            bench::percentiles(again).worst, "ms", 100);
    }
}

void stalls(const char* what, WindowFixture& fixture, bench::StallProbe& probe, std::chrono::seconds each)
{
    probe.clear();
    for (const auto& id : fixture.window->pageIds()) {
        fixture.window->showPage(id);
        live(fixture, each);
    }
    const auto whole = probe.whole(), work = probe.work();
    std::printf("%s, %zu questions\n", what, whole.count);
    say("stalls, p99", whole.p99, "ms", 16);
    say("stalls, worst", whole.worst, "ms", 50);
    say("of them own work, p99", work.p99, "ms", 16);
    say("of them own work, worst", work.worst, "ms", 50);
}

// Twelve series of a million points in one chart, at whose whole length nobody can look at once here: the
// last hour of them, as the time range allows.
std::unique_ptr<ui::TimeChart> bigChart(WindowFixture& fixture)
{
    ui::TimeChart::Options options;
    options.title = "Twelve series";
    for (int i = 0; i < kSeries; ++i)
        options.series.push_back({QString("series %1").arg(i + 1), i % 8 + 1, {}});
    auto chart = std::make_unique<ui::TimeChart>(fixture.theme, fixture.range, options, nullptr);
    std::vector<double> at(kPoints);
    std::vector<std::vector<double>> values(kSeries, std::vector<double>(kPoints));
    const double end = std::chrono::duration<double>(now().time_since_epoch()).count();
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

// A million followers, scrolled to the last one: each page is asked for when the one before is there.
void millionRows(WindowFixture& fixture, bench::StallProbe& probe)
{
    std::vector<backend::User> followers;
    const auto joined = now();
    for (int i = 0; i < kPoints; ++i) {
        const auto number = std::to_string(i);
        followers.push_back({{std::int64_t(i + 2) << 22}, "follower" + number, "Follower " + number, joined});
    }
    const backend::User star{{1 << 22}, "star", "Star", joined};
    fixture.engine().addUser(star, {kPoints, 0, 0});
    fixture.engine().setFollowers(star.id, std::move(followers));
    fixture.window->showPage("timeline");
    probe.clear();
    fixture.window->findChild<ui::TimelinePage*>()->openUser("star");
    auto* table = fixture.find<QTableView>("followersTable");
    fixture.find<QTabWidget>("userTabs")->setCurrentIndex(2);
    if (!QTest::qWaitFor([&] { return table->model()->rowCount() > 0; }, 10'000)) return;
    QTest::qWait(500);
    say("opening a user's followers: own work, worst", probe.work().worst, "ms", 50);
    const double before = residentMegabytes();
    probe.clear();
    QElapsedTimer clock;
    clock.start();
    const bool all = QTest::qWaitFor(
        [&] {
            table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
            return table->model()->rowCount() == kPoints;
        },
        600'000);
    const auto whole = probe.whole(), work = probe.work();
    std::printf("a list of a million rows scrolled to its end%s\n", all ? "" : ": NOT REACHED");
    say("rows", table->model()->rowCount(), "", -1);
    say("it took", double(clock.elapsed()) / 1e3, "s", -1);
    say("stalls, p99", whole.p99, "ms", 16);
    say("stalls, worst", whole.worst, "ms", 50);
    say("of them own work, p99", work.p99, "ms", 16);
    say("of them own work, worst", work.worst, "ms", 50);
    say("memory of the rows", residentMegabytes() - before, "MB", -1);
}

void idle(WindowFixture& fixture)
{
    fixture.window->showPage("overview");
    fixture.engine().setHistory(bigHistory(now(), 5));
    QTest::qWait(2'000);
    const double before = cpuSeconds();
    const auto span = 20s;
    live(fixture, span);
    say("idle cost with all charts of the Overview live",
        (cpuSeconds() - before) / double(span.count()) * 100, "% CPU", 3);
}

void queries(WindowFixture& fixture)
{
    const auto asked = [&] { return fixture.engine().asked(); };
    fixture.range.setLive(false);
    QTest::qWait(1'500);
    auto before = asked();
    QTest::qWait(5'000);
    say("queries in 5 s while paused", asked() - before, "", 0);
    fixture.range.setLive(true);
    fixture.window->showMinimized();
    QTest::qWait(1'500);
    before = asked();
    QTest::qWait(5'000);
    say("queries in 5 s while minimised", asked() - before, "", 0);
    fixture.window->showNormal();
}

// Hour after hour of seconds, each with 200 series, as fast as they are taken.
void day(WindowFixture& fixture)
{
    auto at = now();
    for (int hour = 0; hour < 24; ++hour) {
        at += 1h;
        fixture.engine().setHistory(bigHistory(at, 3'600));
        fixture.bridge.refresh();
        (void)QTest::qWaitFor(
            [&] { return !fixture.bridge.history().empty() && fixture.bridge.history().back().at >= at; });
    }
    fixture.engine().setHistory({});
    QTest::qWait(1'000);
    std::printf("after 24 simulated hours of %d series a second\n", 2 * kNodes);
    say("points in the desktop's memory", double(fixture.bridge.history().size()), "", 4'200);
    say("resident memory", residentMegabytes(), "MB", 150);
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    QTemporaryDir directory;
    WindowFixture fixture(directory.filePath("rookery.ini"));
    fixture.bridge.setPollInterval(1s);
    FirstPaint first(*fixture.window);
    fixture.window->show();
    while (!first.painted)
        QCoreApplication::processEvents();
    std::printf("the window, 1280 x 800, platform %s\n", qPrintable(QGuiApplication::platformName()));
    say("process start to first paint", millisecondsSinceProcessStart(), "ms", 300);
    const auto noise = bench::machineNoise(3s);
    say("the machine's noise meanwhile: a busy thread kept away, p99", noise.p99, "ms", -1);
    say("the machine's noise, worst", noise.worst, "ms", -1);

    fixture.engine().setSnapshot(bigSnapshot());
    fixture.engine().setHistory(bigHistory(now(), 3'600));
    fixture.engine().hold("publicPage"); // a node that hangs: what is asked of it does not return
    fixture.click("startDemo");
    if (!QTest::qWaitFor([&] { return fixture.bridge.snapshot() != nullptr; })) return 1;
    if (argc > 1 && std::string(argv[1]) == "rows") {
        bench::StallProbe probe;
        millionRows(fixture, probe);
        fixture.engine().releaseAll();
        return 0;
    }
    pages(fixture);
    {
        bench::StallProbe probe;
        stalls("every page for 6 s with charts at 1 Hz, 100 nodes, a dead one, a hanging one", fixture, probe,
               6s);
    }
    idle(fixture);
    queries(fixture);
    day(fixture);
    {
        bench::StallProbe probe;
        const auto chart = bigChart(fixture);
        QTest::qWait(500);
        stalls("the same beside a chart of 12 series of a million points each", fixture, probe, 2s);
    }
    {
        bench::StallProbe probe;
        millionRows(fixture, probe);
    }
    const auto after = bench::machineNoise(3s);
    say("the machine's noise at the end, p99", after.p99, "ms", -1);
    say("the machine's noise at the end, worst", after.worst, "ms", -1);
    fixture.engine().releaseAll();
    return 0;
}
