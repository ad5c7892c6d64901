// How the desktop feels: time to the first picture, page switches, stalls of the GUI thread, idle cost,
// queries while nobody looks, memory after a day. On a scripted engine with 100 nodes, one dead and one that
// hangs, and calls that never return; prints figures with the machine's own noise beside them. `feel_bench
// timeline` is the timeline browser alone; `feel_bench workload` has the demo's own engine and servers under
// as much traffic as they take.
#include <QElapsedTimer>
#include <QTemporaryDir>

#include "tests/bench/demo_window.h"
#include "tests/bench/event_clock.h"
#include "tests/bench/feel_figures.h"
#include "tests/bench/timeline_feel.h"
#include "tests/ui/window_fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace std::chrono_literals;
using bench::say;
using tests::WindowFixture;

constexpr int kNodes = 100; // two series each: 200

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
        bench::wait(1s);
    }
}

void pages(WindowFixture& fixture)
{
    for (const auto& id : fixture.window->pageIds()) {
        std::vector<double> again;
        double first = 0;
        for (int i = 0; i < 6; ++i) {
            fixture.window->showPage(fixture.window->pageIds().at(id == fixture.window->pageIds().first()));
            bench::wait(50ms);
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
    std::printf("%s\n", what);
    bench::sayStalls(probe);
}

void idle(WindowFixture& fixture)
{
    fixture.window->showPage("overview");
    fixture.engine().setHistory(bigHistory(now(), 5));
    bench::wait(2s);
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
    bench::wait(1500ms);
    auto before = asked();
    bench::wait(5s);
    say("queries in 5 s while paused", asked() - before, "", 0);
    fixture.range.setLive(true);
    fixture.window->showMinimized();
    bench::wait(1500ms);
    before = asked();
    bench::wait(5s);
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
        (void)bench::waitFor(
            [&] { return !fixture.bridge.history().empty() && fixture.bridge.history().back().at >= at; },
            10s);
    }
    fixture.engine().setHistory({});
    bench::wait(1s);
    std::printf("after 24 simulated hours of %d series a second\n", 2 * kNodes);
    say("points in the desktop's memory", double(fixture.bridge.history().size()), "", 4'200);
    say("resident memory", bench::residentMegabytes(), "MB", 150);
}

// On the screen with a node that is dead and one that hangs.
bool openScripted(WindowFixture& fixture)
{
    fixture.engine().setSnapshot(bigSnapshot());
    fixture.engine().setHistory(bigHistory(now(), 3'600));
    fixture.engine().hold("publicPage"); // a node that hangs: what is asked of it does not return
    fixture.click("startDemo");
    return bench::waitFor([&] { return fixture.bridge.snapshot() != nullptr; }, 10s);
}

void timeline(const QString& settingsFile)
{
    WindowFixture fixture(settingsFile);
    fixture.bridge.setPollInterval(1s);
    fixture.window->show();
    if (!openScripted(fixture)) return;
    bench::StallProbe probe;
    bench::openUsers(fixture, probe);
    bench::millionRows(fixture, probe);
    fixture.engine().releaseAll();
}

void sayTraffic(const bench::DemoWindow& demo)
{
    const auto achieved = demo.achieved();
    say("posts a second", achieved.postsPerSecond, "", -1);
    say("reads a second", achieved.readsPerSecond, "", -1);
    say("follows a second", achieved.followsPerSecond, "", -1);
    say("nodes down", demo.nodesDown(), "", -1);
}

void traffic(const char* what, const bench::DemoWindow& demo, bench::StallProbe& probe)
{
    probe.clear();
    bench::wait(60s);
    std::printf("%s\n", what);
    sayTraffic(demo);
    bench::sayStalls(probe);
}

int workload(const QTemporaryDir& directory)
{
    bench::DemoWindow demo(directory.filePath("demo.ini"));
    if (!demo.open()) return 1;
    bench::sayNoise("beside the usual traffic", bench::machineNoise(3s));
    demo.askForMost();
    bench::wait(10s);
    bench::sayNoise("beside the most traffic", bench::machineNoise(3s));
    demo.showPages(4s);
    bench::StallProbe probe;
    traffic("the demo's most traffic, every page for 4 s in turn", demo, probe);
    if (!demo.breakNodes()) return 1;
    const auto chart = bench::bigChart(demo.theme, demo.range);
    bench::wait(2s);
    traffic("the same with a node killed, one stopped, a chart of 12 series of a million points", demo,
            probe);
    std::printf("and all of it beside a second window, of the scripted engine\n");
    timeline(directory.filePath("timeline.ini"));
    sayTraffic(demo);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    bench::EventClock application(argc, argv);
    QTemporaryDir directory;
    const std::string part = argc > 1 ? argv[1] : "";
    if (part == "workload") return workload(directory);
    if (part == "timeline") {
        timeline(directory.filePath("timeline.ini"));
        return 0;
    }
    WindowFixture fixture(directory.filePath("rookery.ini"));
    fixture.bridge.setPollInterval(1s);
    FirstPaint first(*fixture.window);
    fixture.window->show();
    while (!first.painted)
        QCoreApplication::processEvents();
    std::printf("the window, 1280 x 800, platform %s\n", qPrintable(QGuiApplication::platformName()));
    say("process start to first paint", millisecondsSinceProcessStart(), "ms", 300);
    bench::sayNoise("meanwhile", bench::machineNoise(3s));
    if (!openScripted(fixture)) return 1;
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
        const auto chart = bench::bigChart(fixture.theme, fixture.range);
        bench::wait(500ms);
        stalls("the same beside a chart of 12 series of a million points each", fixture, probe, 2s);
    }
    {
        bench::StallProbe probe;
        bench::openUsers(fixture, probe);
        bench::millionRows(fixture, probe);
    }
    bench::sayNoise("at the end", bench::machineNoise(3s));
    fixture.engine().releaseAll();
    return 0;
}
