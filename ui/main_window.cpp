#include "ui/main_window.h"

#include "ui/bridge/event_feed.h"
#include "ui/bridge/history_loader.h"
#include "ui/bridge/time_range.h"
#include "ui/dialogs/key_sheet.h"
#include "ui/incident_bar.h"
#include "ui/link_desk.h"
#include "ui/pages/start_page.h"
#include "ui/theme/theme_setting.h"
#include "ui/widgets/demo_bench.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/navigation_rail.h"
#include "ui/widgets/replay_strip.h"
#include "ui/widgets/stall_watchdog.h"
#include "ui/widgets/status_strip.h"
#include "ui/widgets/top_bar.h"
#include "ui/widgets/workload_strip.h"

#include <QAbstractButton>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPointer>
#include <QScreen>
#include <QSettings>
#include <QShortcut>
#include <QStackedWidget>
#include <QToolButton>

#include <algorithm>

namespace ui {
namespace {

constexpr QSize kFirstSize{1280, 800};
constexpr QSize kLeastSize{1024, 640};
constexpr int kSaid = 6'000;       // ms that the status strip says something
constexpr int kRoomForPages = 980; // below it the rail shows icons alone

const QString kGeometryKey = QStringLiteral("window/geometry");
const QString kPageKey = QStringLiteral("window/page");
const QString kWindowKey = QStringLiteral("window/minutes");
const QString kBenchKey = QStringLiteral("window/bench");
const QString kDocksKey = QStringLiteral("window/docks");
const QString kUtcKey = QStringLiteral("window/utc");
const QString kPagesGroup = QStringLiteral("pages/");

} // namespace

MainWindow::MainWindow(const PageContext& context, QSettings& settings, OpenerFactory openers)
    : m_context(context)
    , m_settings(settings)
    , m_openers(std::move(openers))
    , m_watchdog(new StallWatchdog(this))
    , m_loader(new HistoryLoader(context.bridge, context.range, this))
    , m_events(new EventFeed(context.bridge, context.range, this))
{
    for (auto& entry : pageEntries())
        m_entries.push_back({std::move(entry), nullptr});
    m_wantedPage = m_entries.front().entry.id;
    build();
    restoreState();
    connectAll();
    connectTime();
    addShortcuts();
    addLinks();
    showState(m_context.bridge.state());
}

MainWindow::~MainWindow()
{
    // Pages and strips are about to go: the bridge outlives them and may still tell news.
    disconnect(&m_context.bridge, nullptr, this, nullptr);
    disconnect(&m_context.range, nullptr, this, nullptr);
}

void MainWindow::build()
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Rookery"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/rookery.svg")));
    setMinimumSize(kLeastSize);
    resize(kFirstSize);
    m_faces = new QStackedWidget(this);
    m_start = new StartPage(m_context.theme, m_context.bridge, m_settings, m_faces);
    m_faces->addWidget(m_start);
    m_faces->addWidget(buildWorkspace());
    setCentralWidget(m_faces);
    m_status = new StatusStrip(m_context.theme, *m_watchdog, this);
    setStatusBar(m_status);
    m_bench = new DemoBench(m_context.theme, m_context.bridge, this);
    m_bench->hide();
    addDockWidget(Qt::RightDockWidgetArea, m_bench);
}

QWidget* MainWindow::buildWorkspace()
{
    auto* workspace = new QWidget(m_faces);
    m_rail = new NavigationRail(m_context.theme, workspace);
    for (const auto& entry : m_entries)
        m_rail->addEntry(entry.entry.id, entry.entry.title, entry.entry.icon);
    m_topBar = new TopBar(m_context.theme, m_context.bridge, m_context.range, workspace);
    m_replay = new ReplayStrip(m_context.theme, m_context.bridge, workspace);
    m_workload = new WorkloadStrip(m_context.theme, m_context.bridge, workspace);
    m_incidents = new IncidentBar(m_context.theme, m_context.bridge, workspace);
    m_pages = new QStackedWidget(workspace);
    m_pages->setObjectName(QStringLiteral("pages"));
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(m_topBar);
    column->addWidget(m_replay);
    column->addWidget(m_workload);
    column->addWidget(m_incidents);
    column->addWidget(m_pages, 1);
    auto* row = new QHBoxLayout(workspace);
    row->setContentsMargins({});
    row->setSpacing(0);
    row->addWidget(m_rail);
    row->addLayout(column, 1);
    workspace->installEventFilter(this);
    return workspace;
}

// The pages come first where it is narrow, beside the demo bench for example.
bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize && watched == m_rail->parentWidget())
        m_rail->setCompact(m_rail->parentWidget()->width() - NavigationRail::fullWidth() < kRoomForPages);
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::connectAll()
{
    connect(&m_context.bridge, &EngineBridge::stateChanged, this, &MainWindow::showState);
    connect(&m_context.bridge, &EngineBridge::snapshotChanged, this, &MainWindow::takeSnapshot);
    connect(&m_context.range, &TimeRange::liveChanged, this, &MainWindow::updatePolling);
    connect(m_start, &StartPage::chosen, this, &MainWindow::openSession);
    connect(m_rail, &NavigationRail::chosen, this, [this](const QString& id) { showPage(id); });
    connect(m_topBar, &TopBar::closeRequested, &m_context.bridge, &EngineBridge::close);
    connect(m_workload, &WorkloadStrip::benchToggled, this, &MainWindow::wantBench);
    connect(m_bench, &DemoBench::closeRequested, this, [this] { wantBench(false); });
    connect(m_bench, &DemoBench::openPage, this, &MainWindow::showPage);
    connect(m_incidents, &IncidentBar::openPage, this, &MainWindow::showPage);
    connect(m_status, &StatusStrip::keySheetRequested, this, &MainWindow::showKeySheet);
}

void MainWindow::connectTime()
{
    connect(m_loader, &HistoryLoader::changed, this, [this] {
        m_status->setHistoryError(m_loader->errorText());
        if (m_current) m_current->setSnapshot(m_context.bridge.snapshot());
    });
    connect(m_status, &StatusStrip::utcChosen, &m_context.range, &TimeRange::setUtc);
    connect(&m_context.range, &TimeRange::zoneChanged, this, &MainWindow::showZone);
}

void MainWindow::showZone()
{
    m_status->showZone();
    m_bench->timesChanged();
    m_incidents->timesChanged();
    for (auto& entry : m_entries)
        if (entry.page) entry.page->timesChanged();
}

void MainWindow::addShortcuts()
{
    for (std::size_t i = 0; i < m_entries.size() && i < 9; ++i) {
        auto* shortcut = new QShortcut(QKeySequence(Qt::ALT | Qt::Key(Qt::Key_1 + int(i))), this);
        connect(shortcut, &QShortcut::activated, this, [this, i] {
            if (m_context.bridge.state() == EngineBridge::State::Open) showPage(m_entries[i].entry.id);
        });
    }
    connect(new QShortcut(QKeySequence(Qt::Key_F5), this), &QShortcut::activated, this, &MainWindow::refresh);
    connect(new QShortcut(QKeySequence(Qt::Key_F8), this), &QShortcut::activated, this,
            [this] { wantBench(!m_benchWanted); });
    connect(new QShortcut(QKeySequence(QKeySequence::Find), this), &QShortcut::activated, this, [this] {
        if (m_current) m_current->focusFind();
    });
}

void MainWindow::addLinks()
{
    LinkDesk::Window desk;
    desk.here = [this]() -> DeepLink {
        const auto snapshot = m_context.bridge.snapshot();
        if (!snapshot || !m_current) return {};
        return {QString::fromStdString(snapshot->clusterName), m_current->pageId(),
                m_current->linkArgument()};
    };
    desk.pages = [this] { return pageIds(); };
    desk.show = [this](const QString& page, const QString& argument) { showPage(page, argument); };
    desk.say = [this](const QString& text) { m_status->showMessage(text, kSaid); };
    m_links = new LinkDesk(m_context.theme, std::move(desk), this);
    m_topBar->addTool(m_links->makeButton(m_topBar));
}

// Not as shortcuts: those would take the keys from buttons and fields. Whatever these do not use arrives
// here.
void MainWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space && m_current)
        m_context.range.setLive(!m_context.range.live());
    else if (event->key() == Qt::Key_Question)
        showKeySheet();
    else if (m_current && moveInTime(event->key()))
        event->accept();
    else if (auto* button = qobject_cast<QAbstractButton*>(focusWidget());
             button && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
        button->click(); // outside dialogs Qt leaves this to Space alone
    else
        QMainWindow::keyPressEvent(event);
}

bool MainWindow::moveInTime(int key)
{
    auto& range = m_context.range;
    switch (key) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: // where + is on the same key
        range.zoom(0.5);
        return true;
    case Qt::Key_Minus:
        range.zoom(2);
        return true;
    case Qt::Key_BracketLeft:
        range.shift(-range.span() / 2);
        return true;
    case Qt::Key_BracketRight:
        range.shift(range.span() / 2);
        return true;
    case Qt::Key_0:
        range.reset();
        return true;
    default:
        return false;
    }
}

void MainWindow::showKeySheet()
{
    QStringList titles;
    for (const auto& entry : m_entries)
        titles << entry.entry.title;
    auto* sheet = new KeySheet(m_context.theme, titles, this);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->open();
}

void MainWindow::openSession(const SessionChoice& choice)
{
    if (choice.kind == SessionChoice::Kind::Connect) m_start->addRecent(choice.configFile);
    m_context.bridge.open(m_openers(choice));
}

// --- pages

QStringList MainWindow::pageIds() const
{
    QStringList ids;
    for (const auto& entry : m_entries)
        ids << entry.entry.id;
    return ids;
}

QString MainWindow::currentPageId() const
{
    return m_current ? m_current->pageId() : m_wantedPage;
}

MainWindow::Entry* MainWindow::find(const QString& id)
{
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& e) { return e.entry.id == id; });
    return found == m_entries.end() ? nullptr : &*found;
}

Page* MainWindow::pageOf(Entry& entry)
{
    if (entry.page) return entry.page;
    entry.page = entry.entry.make(m_context, m_pages);
    m_pages->addWidget(entry.page);
    connect(entry.page, &Page::openPage, this, &MainWindow::showPage);
    m_settings.beginGroup(kPagesGroup + entry.entry.id);
    entry.page->restoreState(m_settings);
    m_settings.endGroup();
    return entry.page;
}

void MainWindow::showPage(const QString& id, const QString& argument)
{
    auto* entry = find(id);
    if (!entry) return;
    auto* page = pageOf(*entry);
    m_wantedPage = id;
    m_rail->setCurrent(id);
    if (page != m_current) {
        if (m_current) m_current->deactivated();
        m_current = page;
        m_pages->setCurrentWidget(page);
        page->setSnapshot(m_context.bridge.snapshot());
        page->activated();
    }
    if (!argument.isEmpty()) page->openArgument(argument);
}

void MainWindow::showExample()
{
    if (m_current) m_current->showExample();
}

// --- the session

void MainWindow::showState(EngineBridge::State state)
{
    if (state == EngineBridge::State::Open) {
        m_context.range.unpin(); // what was chosen, or paused, was another session's time
        m_context.range.reset();
        m_faces->setCurrentIndex(1);
        m_topBar->setSnapshot(nullptr);
        showPage(m_wantedPage);
        m_pages->setFocus();
    } else {
        m_faces->setCurrentIndex(0);
        setWindowTitle(tr("Rookery"));
        dropPages();
    }
    updateBench();
}

void MainWindow::wantBench(bool wanted)
{
    if (!m_bench->available()) return;
    m_benchWanted = wanted;
    updateBench();
}

// The pages keep their width, as far as the screen has room.
void MainWindow::makeRoom()
{
    if (isMaximized() || isFullScreen() || m_bench->isFloating() || !isVisible()) return;
    const auto free = screen()->availableGeometry().right() - frameGeometry().right();
    if (free > 0) resize(width() + std::min(free, m_bench->sizeHint().width()), height());
}

// It comes and goes with sessions that have it; what a person wants of it stays.
void MainWindow::updateBench()
{
    const bool shown = m_benchWanted && m_bench->available();
    const bool comes = shown && m_bench->isHidden();
    const QPointer<QWidget> focused = focusWidget();
    m_bench->setVisible(shown);
    if (comes) makeRoom();
    m_workload->setBenchShown(shown);
    // What is hidden with it would leave its focus to the next one, and the keys to that.
    const bool ofIt = focused && (m_bench->isAncestorOf(focused) || m_workload->isAncestorOf(focused));
    if (ofIt && !focused->isVisible() && m_context.bridge.state() == EngineBridge::State::Open)
        m_pages->setFocus();
}

// What pages show and ask belongs to the session: the next one gets fresh ones.
void MainWindow::dropPages()
{
    savePages();
    m_current = nullptr;
    for (auto& entry : m_entries) {
        if (!entry.page) continue;
        disconnect(entry.page, nullptr, this, nullptr);
        m_pages->removeWidget(entry.page);
        entry.page->deleteLater(); // one of its buttons may have brought us here
        entry.page = nullptr;
    }
}

void MainWindow::takeSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (snapshot) {
        setWindowTitle(tr("%1 — Rookery").arg(QString::fromStdString(snapshot->clusterName)));
        m_context.range.setNewest(snapshot->takenAt);
    }
    m_topBar->setSnapshot(snapshot);
    m_status->setSnapshot(snapshot);
    m_incidents->setSnapshot(snapshot);
    if (m_current) m_current->setSnapshot(snapshot);
}

void MainWindow::updatePolling()
{
    m_context.bridge.setPolling(m_context.range.live() && !isMinimized());
    m_incidents->setPaused(!m_context.range.live());
}

void MainWindow::refresh()
{
    m_context.bridge.refresh();
    m_loader->refresh();
    if (m_current) m_current->refresh();
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowStateChange) updatePolling();
}

// --- state between starts

void MainWindow::restoreState()
{
    restoreGeometry(m_settings.value(kGeometryKey).toByteArray());
    QMainWindow::restoreState(m_settings.value(kDocksKey).toByteArray());
    m_benchWanted = m_settings.value(kBenchKey, false).toBool();
    if (const auto page = m_settings.value(kPageKey).toString(); find(page)) m_wantedPage = page;
    m_context.range.setWindow(std::chrono::minutes(m_settings.value(kWindowKey, 5).toInt()));
    m_context.range.setUtc(m_settings.value(kUtcKey, false).toBool());
    m_status->showZone();
}

void MainWindow::saveState()
{
    m_settings.setValue(kGeometryKey, saveGeometry());
    m_settings.setValue(kDocksKey, QMainWindow::saveState());
    m_settings.setValue(kBenchKey, m_benchWanted);
    m_settings.setValue(kPageKey, m_wantedPage);
    m_settings.setValue(kWindowKey, qlonglong(m_context.range.wantedWindow().count()));
    m_settings.setValue(kUtcKey, timesInUtc());
    saveThemeMode(m_settings, m_context.theme.mode());
    savePages();
}

void MainWindow::savePages()
{
    for (const auto& entry : m_entries) {
        if (!entry.page) continue;
        m_settings.beginGroup(kPagesGroup + entry.entry.id);
        entry.page->saveState(m_settings);
        m_settings.endGroup();
    }
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    saveState();
    QMainWindow::closeEvent(event);
}

} // namespace ui
