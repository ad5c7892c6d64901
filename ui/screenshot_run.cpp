#include "ui/screenshot_run.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"
#include "ui/widgets/stall_watchdog.h"

#include <QDir>
#include <QPixmap>
#include <QThreadPool>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kPageTime{1800}; // for what a page asks of the engine when it is shown
constexpr std::chrono::milliseconds kPunctual{30};   // a timer later than that waited for something
constexpr int kMostWaits = 20;

} // namespace

ScreenshotRun::ScreenshotRun(MainWindow& window, EngineBridge& bridge, Theme& theme, QString directory,
                             std::chrono::milliseconds settle, QObject* parent)
    : QObject(parent)
    , m_window(window)
    , m_bridge(bridge)
    , m_theme(theme)
    , m_directory(std::move(directory))
    , m_settle(settle)
{
    m_timer.setSingleShot(true);
    connect(&bridge, &EngineBridge::snapshotChanged, this, [this](const backend::SnapshotPtr& snapshot) {
        if (snapshot && !m_started) start();
    });
    connect(&bridge, &EngineBridge::stateChanged, this, [this](EngineBridge::State state) {
        if (state == EngineBridge::State::Failed) fail(m_bridge.errorText());
    });
}

ScreenshotRun::~ScreenshotRun()
{
    QThreadPool::globalInstance()->waitForDone(); // what writes a picture speaks to this one
}

void ScreenshotRun::start()
{
    m_started = true;
    if (!QDir().mkpath(m_directory)) {
        fail(tr("The folder %1 cannot be made. Choose another one.").arg(m_directory));
        return;
    }
    connect(&m_timer, &QTimer::timeout, this, &ScreenshotRun::next);
    m_timer.start(m_settle);
}

void ScreenshotRun::next()
{
    const auto pages = m_window.pageIds();
    if (m_step >= 2 * pages.size()) {
        m_done = true;
        emit finished({});
        return;
    }
    m_theme.setMode(m_step % 2 == 0 ? ThemeMode::Light : ThemeMode::Dark);
    m_window.showPage(pages[m_step / 2]);
    if (m_step % 2 == 0) m_window.showExample();
    // The first picture of a page waits for its data, the second only for the colours.
    m_waits = 0;
    takeAfter(m_step % 2 == 0 ? kPageTime : kPageTime / 6);
}

// Later still while the window is busy: what was to be drawn anew is then not all drawn yet.
void ScreenshotRun::takeAfter(std::chrono::milliseconds time)
{
    const auto due = std::chrono::steady_clock::now() + time;
    QTimer::singleShot(time, Qt::PreciseTimer, this, [this, due] {
        const bool busy = std::chrono::steady_clock::now() - due > kPunctual;
        if (!busy || ++m_waits > kMostWaits) return take();
        takeAfter(kPageTime / 6);
    });
}

void ScreenshotRun::take()
{
    const auto name =
        QStringLiteral("%1-%2.png")
            .arg(m_window.currentPageId(), m_theme.dark() ? QStringLiteral("dark") : QStringLiteral("light"));
    const auto path = QDir(m_directory).filePath(name);
    auto picture = m_window.grab().toImage();
    m_window.watchdog().excuse();
    // Written on another thread: packing a picture takes longer than the window may be still.
    QThreadPool::globalInstance()->start([this, path, picture = std::move(picture)] {
        const bool written = picture.save(path);
        QMetaObject::invokeMethod(
            this, [this, path, written] { taken(path, written); }, Qt::QueuedConnection);
    });
}

void ScreenshotRun::taken(const QString& path, bool written)
{
    if (!written) {
        fail(tr("The picture %1 cannot be written. Is the disk full, or the folder read-only?").arg(path));
        return;
    }
    ++m_step;
    next();
}

void ScreenshotRun::fail(const QString& error)
{
    m_timer.stop();
    emit finished(error);
}

} // namespace ui
