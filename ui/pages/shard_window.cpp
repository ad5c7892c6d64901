#include "ui/pages/shard_window.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kWindowColumns = 120; // of the window
constexpr double kWhole = 0.9;      // of it: the page does not say that a little is missing

} // namespace

ShardWindow::ShardWindow(const PageContext& context, QWidget* page)
    : QObject(page)
    , m_context(context)
    , m_page(page)
{
    connect(&context.range, &TimeRange::moved, this, &ShardWindow::follow);
    connect(&context.range, &TimeRange::windowChanged, this, [this] {
        follow();
        if (!m_context.range.chosen()) emit changed();
    });
    page->installEventFilter(this); // a page that is shown again may have missed a move
}

bool ShardWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Show) follow();
    return QObject::eventFilter(watched, event);
}

ShardWindow::Window ShardWindow::chosen() const
{
    return {m_context.range.begin(), m_context.range.end()};
}

ShownShards ShardWindow::shown(const backend::SnapshotPtr& newest)
{
    if (!newest || !m_context.range.chosen())
        return {m_context.bridge.recent(), std::max(1.0, m_context.bridge.recentSeconds()), false, {}};
    const auto note = m_context.range.notOfWindow(newest->takenAt);
    if (!m_shards || m_shards->knownPart() <= 0)
        return {newest, 1, false,
                m_problem.isEmpty() ? note : tr("%1: it could not be read (%2)").arg(note, m_problem)};
    ShownShards out{std::make_shared<backend::ClusterSnapshot>(overWindow(*newest, *m_shards)),
                    m_shards->knownSeconds(),
                    true,
                    {}};
    if (m_of != chosen())
        out.note = tr("reading the window…");
    else if (m_shards->knownPart() < kWhole)
        out.note = tr("%1 of the window is known").arg(formatRatio(m_shards->knownPart()));
    return out;
}

void ShardWindow::follow()
{
    if (!m_context.range.chosen()) {
        m_shards.reset();
        m_of.reset();
        return;
    }
    if (!m_asked && m_page->isVisible() && m_of != chosen() &&
        m_context.bridge.state() == EngineBridge::State::Open)
        ask();
}

void ShardWindow::ask()
{
    m_asked = true;
    m_context.bridge.call(
        this,
        [window = chosen()](backend::Engine& engine) -> backend::Result<WindowShards> {
            std::vector<backend::ShardHistory> histories;
            for (const auto metric : backend::kBalanceMetrics) {
                ROOKERY_ASSIGN(auto history, requests::shardHistory(engine, metric, window.begin, window.end,
                                                                    kWindowColumns));
                histories.push_back(std::move(history));
            }
            return windowShards(histories);
        },
        [this, window = chosen()](backend::Result<WindowShards> shards) {
            m_asked = false;
            if (!m_context.range.chosen()) return;
            m_of = window;
            m_problem = shards ? QString() : QString::fromStdString(shards.error().message);
            m_shards = shards ? std::optional(std::move(*shards)) : std::nullopt;
            emit changed();
            follow(); // it may have moved meanwhile
        });
}

} // namespace ui
