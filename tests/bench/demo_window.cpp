#include "tests/bench/demo_window.h"

#include "tests/bench/feel_figures.h"

#include <QAbstractItemView>
#include <QSpinBox>

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes kPatience{3}; // for servers and a crowd on a busy machine
constexpr int kTries = 20;
constexpr std::chrono::seconds kBetweenTries{3};
constexpr const char* kKilled = "redis-3";
constexpr const char* kStopped = "redis-5";

bool failed(const char* what, const QString& why)
{
    std::fprintf(stderr, "%s: %s\n", what, qPrintable(why));
    return false;
}

} // namespace

DemoWindow::DemoWindow(const QString& settingsFile)
    : theme(ui::ThemeMode::Light)
    , m_settings(settingsFile, QSettings::IniFormat)
    , m_window(std::make_unique<ui::MainWindow>(ui::PageContext{theme, bridge, range}, m_settings,
                                                [this](const ui::SessionChoice&) { return opener(); }))
{
}

DemoWindow::~DemoWindow() = default;

backend::SessionOpener DemoWindow::opener() const
{
    return [opened = m_opened](const backend::SessionProgressSink& progress,
                               std::stop_token stop) -> backend::Result<std::shared_ptr<backend::Session>> {
        ROOKERY_ASSIGN(auto session, app::openSession({}, progress, std::move(stop)));
        const std::lock_guard lock(opened->mutex);
        opened->session = session;
        return std::shared_ptr<backend::Session>(std::move(session));
    };
}

bool DemoWindow::open()
{
    m_window->show();
    m_window->openSession({});
    const auto ready = [this] {
        return bridge.state() == ui::EngineBridge::State::Failed ||
               (bridge.workload() && bridge.snapshot() && bridge.workload()->status().phase == "running");
    };
    if (!waitFor(ready, kPatience) || bridge.state() == ui::EngineBridge::State::Failed)
        return failed("the demo", bridge.errorText());
    for (const auto& id : m_window->pageIds()) // each is made when it is first shown
        m_window->showPage(id);
    m_window->showPage("timeline");
    // Of somebody who posted lately; whether they follow anybody is another matter.
    const auto* posts = m_window->findChild<QAbstractItemView*>("authorTimeline");
    for (int tries = 0; tries < kTries; ++tries) { // a young demo has no posts yet
        m_window->showExample();
        if (waitFor([&] { return posts->model()->rowCount() > 0; }, kBetweenTries)) return true;
    }
    return failed("the timeline browser", "no posts came");
}

void DemoWindow::askForMost()
{
    for (const auto* rate : {"postsRate", "readsRate", "followsRate"}) {
        auto* box = m_window->findChild<QSpinBox*>(rate);
        box->setValue(box->maximum());
    }
}

bool DemoWindow::breakNodes()
{
    const std::lock_guard lock(m_opened->mutex);
    const auto session = m_opened->session.lock();
    if (!session || !session->servers()) return failed("the demo's servers", "they are not there");
    const auto killed = session->servers()->killNode(kKilled);
    const auto stopped = session->servers()->pauseNode(kStopped);
    if (!killed) return failed(kKilled, QString::fromStdString(killed.error().message));
    if (!stopped) return failed(kStopped, QString::fromStdString(stopped.error().message));
    return true;
}

void DemoWindow::showPages(std::chrono::milliseconds each)
{
    QObject::connect(&m_turn, &QTimer::timeout, m_window.get(), [this] {
        const auto ids = m_window->pageIds();
        m_window->showPage(ids.at(m_page++ % ids.size()));
    });
    m_turn.start(each);
}

backend::WorkloadRates DemoWindow::achieved() const
{
    return bridge.workload() ? bridge.workload()->status().actual : backend::WorkloadRates{0, 0, 0};
}

int DemoWindow::nodesDown() const
{
    const auto snapshot = bridge.snapshot();
    return !snapshot
               ? 0
               : int(std::count_if(snapshot->nodes.begin(), snapshot->nodes.end(),
                                   [](const auto& node) { return node.health == backend::Health::Down; }));
}

} // namespace bench
