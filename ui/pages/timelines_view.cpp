#include "ui/pages/timelines_view.h"

#include "ui/pages/explain_view.h"
#include "ui/pages/ledger_view.h"
#include "ui/pages/timeline_pane.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"

#include <QHBoxLayout>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include <array>

namespace ui {
namespace {

enum DetailsTab { kDeliveryTab, kExplainTab };

constexpr std::array kShares{9, 8, 11}; // home, author, details

// What is longer than its place scrolls, on the ground of the card.
QWidget* scrolling(QWidget* content, QWidget* parent)
{
    auto* scroll = new QScrollArea(parent);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    content->layout()->setContentsMargins(0, kSpacingSmall, 0, 0);
    scroll->setWidget(content);
    for (auto* ground : {scroll->viewport(), content})
        ground->setAutoFillBackground(false); // the card's shows through
    return scroll;
}

} // namespace

TimelinesView::TimelinesView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    m_splitter = new QSplitter(Qt::Horizontal, this);
    m_splitter->setObjectName(QStringLiteral("timelineSplitter"));
    m_splitter->setChildrenCollapsible(false);
    const auto card = [this](const QString& title) {
        auto* out = new Card(m_theme, title, m_splitter);
        m_splitter->addWidget(out);
        return out;
    };
    auto* home = card(tr("Home timeline"));
    m_home = new TimelinePane(TimelineLoader::Kind::Home, QStringLiteral("home"), theme, bridge, home);
    home->body()->addWidget(m_home);
    auto* author = card(tr("Author timeline"));
    m_author =
        new TimelinePane(TimelineLoader::Kind::Author, QStringLiteral("author"), theme, bridge, author);
    author->body()->addWidget(m_author);
    auto* details = card({});
    details->body()->addWidget(buildDetails(details));
    // Until somebody moves them.
    for (int i = 0; i < m_splitter->count(); ++i)
        m_splitter->setStretchFactor(i, kShares[std::size_t(i)]);
    m_splitter->setSizes({kShares[0] * 100, kShares[1] * 100, kShares[2] * 100});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_splitter);
    connectAll();
}

QWidget* TimelinesView::buildDetails(QWidget* parent)
{
    m_details = new QTabWidget(parent);
    m_details->setObjectName(QStringLiteral("postTabs"));
    m_details->setDocumentMode(true);
    m_ledger = new LedgerView(m_theme, m_bridge, m_details);
    m_ledger->setObjectName(QStringLiteral("ledger"));
    m_details->addTab(scrolling(m_ledger, m_details), tr("Delivery of the post"));
    m_explain = new ExplainView(m_theme, m_bridge, m_details);
    m_explain->setObjectName(QStringLiteral("explain"));
    m_details->addTab(scrolling(m_explain, m_details), tr("Why is it there?"));
    return m_details;
}

void TimelinesView::connectAll()
{
    connect(m_home, &TimelinePane::postSelected, this, [this] { postSelected(m_home, m_author); });
    connect(m_author, &TimelinePane::postSelected, this, [this] { postSelected(m_author, m_home); });
    connect(m_home, &TimelinePane::authorActivated, this, &TimelinesView::authorActivated);
    for (auto* pane : {m_home, m_author})
        connect(pane, &TimelinePane::postLeft, this, &TimelinesView::leavePost);
    connect(m_home, &TimelinePane::explainWanted, this,
            [this](qint64 post) { explain(backend::PostId{post}, m_handle); });
    connect(m_author, &TimelinePane::explainWanted, this,
            [this](qint64 post) { explain(backend::PostId{post}, m_asReader); });
    connect(m_home, &TimelinePane::postMissing, this,
            [this](qint64 post) { m_author->goToPost(backend::PostId{post}); });
    connect(m_author, &TimelinePane::postMissing, this, [this](qint64 post) {
        emit said(tr("Post %1 is in neither timeline of @%2.").arg(post).arg(m_handle));
        explain(backend::PostId{post}, m_handle);
    });
}

void TimelinesView::open(const backend::User& user, const QString& asReader)
{
    m_handle = QString::fromStdString(user.handle);
    m_asReader = asReader.isEmpty() ? m_handle : asReader;
    m_ledger->clear();
    m_explain->clear();
    m_home->open(user.id);
    m_author->open(user.id);
}

void TimelinesView::close()
{
    m_home->close();
    m_author->close();
    m_ledger->clear();
    m_explain->clear();
}

void TimelinesView::refresh()
{
    m_home->refresh();
    m_author->refresh();
    m_ledger->refresh();
    m_explain->refresh();
}

bool TimelinesView::cancel()
{
    return m_explain->cancel();
}

void TimelinesView::goToTime(backend::TimePoint time)
{
    m_home->goToTime(time);
    m_author->goToTime(time);
}

void TimelinesView::goToNewest()
{
    m_home->goToNewest();
    m_author->goToNewest();
}

void TimelinesView::showPost(backend::PostId post)
{
    m_home->goToPost(post);
}

void TimelinesView::explain(backend::PostId post, const QString& reader)
{
    m_details->setCurrentIndex(kExplainTab);
    m_explain->setQuestion(post, reader);
}

void TimelinesView::selectNewest()
{
    m_home->selectNewest();
}

void TimelinesView::postSelected(TimelinePane* pane, TimelinePane* other)
{
    const auto entry = pane->selected();
    if (!entry) return;
    other->clearSelection();
    m_ledger->showPost(*entry);
    m_explain->setQuestion(entry->id, pane == m_home ? m_handle : m_asReader);
}

// The list was turned to another part: what was told of its post goes with it.
void TimelinesView::leavePost(qint64 post)
{
    if (m_ledger->post().value == post) m_ledger->clear();
    if (m_explain->post().value == post) m_explain->clear();
}

void TimelinesView::timesChanged()
{
    m_home->timesChanged();
    m_author->timesChanged();
    m_ledger->timesChanged();
    m_explain->timesChanged();
}

QString TimelinesView::linkPart() const
{
    if (m_details->currentIndex() == kExplainTab && m_explain->post())
        return QStringLiteral("explain/%1").arg(m_explain->post().value);
    for (const auto* pane : {m_home, m_author})
        if (const auto entry = pane->selected()) return QStringLiteral("post/%1").arg(entry->id.value);
    if (const auto from = m_home->shownFrom())
        return QStringLiteral("at/%1").arg(
            std::chrono::duration_cast<std::chrono::seconds>(from->time_since_epoch()).count());
    return {};
}

void TimelinesView::saveState(QSettings& settings) const
{
    settings.setValue("splitter", m_splitter->saveState());
}

void TimelinesView::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("splitter").toByteArray());
}

} // namespace ui
