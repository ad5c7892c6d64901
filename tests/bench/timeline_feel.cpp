#include "tests/bench/timeline_feel.h"

#include "tests/bench/event_clock.h"
#include "tests/bench/feel_figures.h"
#include "tests/ui/window_fixture.h"
#include "ui/pages/timeline_page.h"

#include <QAbstractItemView>
#include <QElapsedTimer>
#include <QLabel>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace bench {
namespace {

using namespace std::chrono_literals;
using tests::WindowFixture;

constexpr int kOpened = 10, kPosts = 60, kFollowers = 300;
constexpr int kTimelinesTab = 0, kFollowersTab = 2;

backend::TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

backend::UserId userId(int number)
{
    return {std::int64_t(number) << 22};
}

std::vector<backend::User> people(int count)
{
    std::vector<backend::User> out;
    const auto joined = now();
    for (int i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        out.push_back({userId(i + 1'000), "follower" + number, "Follower " + number, joined});
    }
    return out;
}

// Newest first.
std::vector<backend::TimelineEntry> posts(const backend::User& author)
{
    std::vector<backend::TimelineEntry> out;
    const auto newest = std::chrono::duration_cast<backend::Milliseconds>(now().time_since_epoch()).count();
    for (int i = 0; i < kPosts; ++i)
        out.push_back({{backend::makeRawId(newest - i * 60'000 - backend::kIdEpochUnixMs, 0, 0)},
                       author.id,
                       author.handle,
                       "Some words of post " + std::to_string(i) +
                           " that take more than a line where a column is narrow, as most posts do"});
    return out;
}

void addUser(WindowFixture& fixture, int number)
{
    const backend::User user{userId(number), "user" + std::to_string(number), "A user", now()};
    fixture.engine().addUser(user, {kFollowers, 0, kPosts});
    fixture.engine().setHome(user.id, posts(user));
    fixture.engine().setAuthor(user.id, posts(user));
    fixture.engine().setFollowers(user.id, people(kFollowers));
}

struct Opening // milliseconds that the GUI thread computed
{
    double event = 0;    // the longest one
    double question = 0; // until the probe was answered, at most
};

Opening measure(StallProbe& probe, const std::function<void()>& deed, const std::function<bool()>& done)
{
    auto& clock = static_cast<EventClock&>(*QCoreApplication::instance());
    probe.clear();
    clock.clear();
    QTimer::singleShot(0, deed); // as a click would
    if (!waitFor(done, 10s)) std::printf("NOT SHOWN\n");
    wait(300ms);
    return {clock.longest(), probe.work().worst};
}

Opening open(WindowFixture& fixture, StallProbe& probe, int number, const char* list, int rows)
{
    auto* page = fixture.window->findChild<ui::TimelinePage*>();
    const auto* name = fixture.find<QLabel>("profileName");
    const auto* model = fixture.find<QAbstractItemView>(list)->model();
    const auto handle = QStringLiteral("user%1").arg(number);
    return measure(
        probe, [=] { page->openUser(handle); },
        [=] { return name->text().startsWith("@" + handle + " ") && model->rowCount() >= rows; });
}

void sayOpening(const std::string& what, const Opening& opening)
{
    say((what + ": longest event").c_str(), opening.event, "ms", 50);
    say((what + ": own work, worst").c_str(), opening.question, "ms", 50);
}

void openSome(WindowFixture& fixture, StallProbe& probe, const std::string& what, const char* list, int rows)
{
    sayOpening(what + ", first", open(fixture, probe, 1, list, rows));
    Opening worst;
    for (int number = 2; number <= kOpened; ++number) {
        const auto one = open(fixture, probe, number, list, rows);
        worst = {std::max(worst.event, one.event), std::max(worst.question, one.question)};
    }
    sayOpening(what + ", nine more", worst);
}

} // namespace

double residentMegabytes()
{
    std::ifstream in("/proc/self/statm");
    long pages = 0;
    in >> pages >> pages;
    return double(pages) * double(sysconf(_SC_PAGESIZE)) / 1e6;
}

void openUsers(WindowFixture& fixture, StallProbe& probe)
{
    for (int number = 1; number <= kOpened; ++number)
        addUser(fixture, number);
    fixture.window->showPage("timeline");
    wait(500ms);
    openSome(fixture, probe, "a user's timelines", "homeTimeline", 50);
    auto* tabs = fixture.find<QTabWidget>("userTabs");
    const auto* followers = fixture.find<QAbstractItemView>("followersTable")->model();
    sayOpening("the list of followers, first", measure(
                                                   probe, [=] { tabs->setCurrentIndex(kFollowersTab); },
                                                   [=] { return followers->rowCount() >= 200; }));
    openSome(fixture, probe, "a user's followers", "followersTable", 200);
    tabs->setCurrentIndex(kTimelinesTab);
}

void millionRows(WindowFixture& fixture, StallProbe& probe)
{
    const backend::User star{userId(1), "star", "Star", now()};
    fixture.engine().addUser(star, {kPoints, 0, 0});
    fixture.engine().setFollowers(star.id, people(kPoints));
    fixture.window->showPage("timeline");
    wait(500ms);
    auto* page = fixture.window->findChild<ui::TimelinePage*>();
    auto* table = fixture.find<QTableView>("followersTable");
    auto* tabs = fixture.find<QTabWidget>("userTabs");
    sayOpening("a user and the list of followers", measure(
                                                       probe,
                                                       [=] {
                                                           page->openUser("star");
                                                           tabs->setCurrentIndex(kFollowersTab);
                                                       },
                                                       [=] { return table->model()->rowCount() > 0; }));
    const double before = residentMegabytes();
    probe.clear();
    QElapsedTimer clock;
    clock.start();
    // Each page is asked for when the one before is there.
    const bool all = waitFor(
        [&] {
            table->verticalScrollBar()->setValue(table->verticalScrollBar()->maximum());
            return table->model()->rowCount() == kPoints;
        },
        10min);
    std::printf("a list of a million rows scrolled to its end%s\n", all ? "" : ": NOT REACHED");
    say("rows", table->model()->rowCount(), "", -1);
    say("it took", double(clock.elapsed()) / 1e3, "s", -1);
    sayStalls(probe);
    say("memory of the rows", residentMegabytes() - before, "MB", -1);
}

} // namespace bench
