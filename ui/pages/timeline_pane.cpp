#include "ui/pages/timeline_pane.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/models/timeline_model.h"
#include "ui/pages/post_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/steady.h"
#include "ui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include <utility>

namespace ui {

using State = TimelineModel::State;

TimelinePane::TimelinePane(TimelineLoader::Kind kind, const QString& name, const Theme& theme,
                           EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_model(new TimelineModel(kind == TimelineLoader::Kind::Home, this))
    , m_loader(new TimelineLoader(kind, bridge, *m_model, this))
{
    build(name, theme);
    connectAll();
    connectView();
    updateState();
}

void TimelinePane::build(const QString& name, const Theme& theme)
{
    buildView(name, theme);
    m_face = new StateView(theme, this);
    m_face->setObjectName(name + QStringLiteral("Face"));
    m_face->setCompact(true);
    m_state = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_state->setObjectName(name + QStringLiteral("State"));
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_retry = new QPushButton(this);
    m_retry->setObjectName(name + QStringLiteral("Retry"));

    auto* foot = new QHBoxLayout;
    foot->addWidget(new Steady(m_state, this), 1);
    foot->addWidget(m_retry);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(buildPast(name, theme));
    layout->addWidget(m_view, 1);
    layout->addWidget(m_face, 1);
    layout->addLayout(foot);
}

QWidget* TimelinePane::buildPast(const QString& name, const Theme& theme)
{
    m_past = new QWidget(this);
    m_pastText = new Label(theme, FontRole::Small, Tone::Accent, m_past);
    m_pastText->setObjectName(name + QStringLiteral("Past"));
    m_pastText->setWordWrap(true);
    m_newer = new QPushButton(tr("Newer"), m_past);
    m_newer->setObjectName(name + QStringLiteral("Newer"));
    m_newer->setToolTip(tr("Load the posts that follow upwards"));
    m_toNewest = new QPushButton(tr("Newest"), m_past);
    m_toNewest->setObjectName(name + QStringLiteral("ToNewest"));
    m_toNewest->setToolTip(tr("Back to the newest posts"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_newer);
    row->addWidget(m_toNewest);
    row->addStretch(1);
    auto* layout = new QVBoxLayout(m_past);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    layout->addWidget(m_pastText);
    layout->addLayout(row);
    return m_past;
}

void TimelinePane::buildView(const QString& name, const Theme& theme)
{
    m_view = new QListView(this);
    m_view->setObjectName(name + QStringLiteral("Timeline"));
    m_view->setAccessibleName(m_kind == TimelineLoader::Kind::Home ? tr("Home timeline")
                                                                   : tr("Author timeline"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new PostDelegate(theme, m_view));
    leaveKeysToWindow(*m_view);
    m_view->setUniformItemSizes(true);
    m_view->setMouseTracking(true);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setFrameShape(QFrame::NoFrame);
}

void TimelinePane::connectAll()
{
    connect(m_model, &TimelineModel::stateChanged, this, &TimelinePane::updateState);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &TimelinePane::updateState);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, [this] {
        if (m_newestWanted) selectNewest();
        selectWanted();
    });
    connect(m_model, &TimelineModel::stateChanged, this, &TimelinePane::selectWanted);
    connect(m_loader, &TimelineLoader::changed, this, &TimelinePane::updateState);
    connect(m_loader, &TimelineLoader::aboutToMerge, this, [this] { rememberPlace(false); });
    connect(m_loader, &TimelineLoader::aboutToPrepend, this, [this] { rememberPlace(true); });
    connect(m_loader, &TimelineLoader::merged, this, &TimelinePane::restorePlace);
    connect(m_retry, &QPushButton::clicked, this, [this] {
        if (m_model->state() == State::Failed)
            m_model->retry();
        else
            m_loader->refresh();
    });
    connect(m_newer, &QPushButton::clicked, m_loader, &TimelineLoader::loadNewer);
    connect(m_toNewest, &QPushButton::clicked, this, &TimelinePane::goToNewest);
}

void TimelinePane::connectView()
{
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &TimelinePane::postSelected);
    connect(m_view, &QListView::activated, this, [this](const QModelIndex& index) {
        emit authorActivated(index.data(TimelineModel::AuthorIdRole).toLongLong());
    });
    // Who scrolls up to the top of a part of the past goes on into what is newer.
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (value == 0 && m_model->rowCount() > 0) m_loader->loadNewer();
    });
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_view, &QListView::customContextMenuRequested, this, &TimelinePane::showMenu);
}

void TimelinePane::showMenu(const QPoint& at)
{
    const auto index = m_view->indexAt(at);
    if (!index.isValid()) return;
    QMenu menu(this);
    const auto post = index.data(TimelineModel::PostIdRole).toLongLong();
    menu.addAction(m_kind == TimelineLoader::Kind::Home ? tr("Why is it here?")
                                                        : tr("Why is it, or not, in a home timeline?"),
                   this, [this, post] { emit explainWanted(post); });
    const auto author = index.data(TimelineModel::AuthorIdRole).toLongLong();
    if (m_kind == TimelineLoader::Kind::Home)
        menu.addAction(tr("Open @%1").arg(index.data(TimelineModel::AuthorRole).toString()), this,
                       [this, author] { emit authorActivated(author); });
    menu.exec(m_view->viewport()->mapToGlobal(at));
}

void TimelinePane::open(backend::UserId user)
{
    m_view->scrollToTop();
    m_from.reset();
    m_postWanted.reset();
    m_loader->open(user);
}

void TimelinePane::goToTime(backend::TimePoint time)
{
    // What was posted in that second is part of it.
    m_postWanted.reset();
    goTo(time, firstIdAt(time + std::chrono::seconds(1)));
}

void TimelinePane::goToNewest()
{
    m_postWanted.reset();
    goTo(std::nullopt, std::nullopt);
}

void TimelinePane::goToPost(backend::PostId post)
{
    m_postWanted = post;
    if (m_model->indexOf(post).isValid())
        selectWanted();
    else
        goTo(post.time(), backend::PostId{post.value + 1});
}

void TimelinePane::goTo(std::optional<backend::TimePoint> from, std::optional<backend::PostId> before)
{
    m_from = from;
    const auto left = selected();
    m_loader->goTo(before);
    if (left) emit postLeft(qint64(left->id.value));
    m_view->scrollToTop();
    updateState();
}

// Pages say what is there: the post is the first one below the next id, or it is not in this timeline.
void TimelinePane::selectWanted()
{
    if (!m_postWanted) return;
    const auto index = m_model->indexOf(*m_postWanted);
    const auto state = m_model->state();
    if (index.isValid()) {
        m_postWanted.reset();
        m_view->setCurrentIndex(index);
        m_view->scrollTo(index);
    } else if (state == State::More || state == State::End) {
        emit postMissing(qint64(std::exchange(m_postWanted, std::nullopt)->value));
    }
}

QString TimelinePane::pastText() const
{
    if (!m_from) return {};
    const auto time = formatTime(*m_from);
    if (m_loader->loadingNewer()) return tr("From %1 down. Looking upwards…").arg(time);
    if (m_loader->beforeOldest() && m_model->rowCount() > 0)
        return tr("Nothing is as old as %1. The oldest: %2")
            .arg(time, formatTime(m_model->entry(m_model->index(m_model->rowCount() - 1, 0)).id.time()));
    return tr("From %1 down").arg(time);
}

void TimelinePane::close()
{
    m_newestWanted = false;
    m_from.reset();
    m_postWanted.reset();
    m_loader->close();
}

void TimelinePane::refresh()
{
    m_loader->refresh();
}

void TimelinePane::timesChanged()
{
    updateState();
}

std::optional<backend::TimelineEntry> TimelinePane::selected() const
{
    const auto index = m_view->currentIndex();
    return index.isValid() ? std::optional(m_model->entry(index)) : std::nullopt;
}

void TimelinePane::clearSelection()
{
    m_view->setCurrentIndex({});
}

void TimelinePane::selectNewest()
{
    m_newestWanted = m_model->rowCount() == 0;
    if (!m_newestWanted) m_view->setCurrentIndex(m_model->index(0, 0));
}

// The face of a timeline without entries; false: there are some.
bool TimelinePane::showFace()
{
    using Kind = StateView::Kind;
    if (m_model->rowCount() > 0) return false;
    if (!m_loader->error().isEmpty() || m_model->state() == State::Failed)
        m_face->show(Kind::Failed, tr("The timeline could not be read"), m_loader->error());
    else if (m_model->partialEntries() > 0)
        m_face->show(Kind::Stale, tr("Nothing could be read in time"), tr("Some shards did not answer."));
    else if (m_model->state() != State::End || m_loader->loadingNewer())
        m_face->show(Kind::Loading, tr("Loading"));
    else if (m_kind == TimelineLoader::Kind::Home)
        m_face->show(Kind::Empty, tr("Empty"), tr("Neither this user nor anybody they follow has posted."));
    else
        m_face->show(Kind::Empty, tr("Empty"), tr("This user has not posted."));
    return true;
}

QString TimelinePane::footText() const
{
    const int rows = m_model->rowCount();
    if (rows == 0) return {};
    if (!m_loader->error().isEmpty()) return tr("The rest could not be read: %1").arg(m_loader->error());
    if (m_loader->refreshing()) return tr("Refreshing…");
    const auto posts = rows == 1 ? tr("1 post") : tr("%1 posts").arg(formatCount(rows));
    if (m_model->partialEntries() > 0)
        return tr("%1. Partial: some texts or shards could not be read in time.").arg(posts);
    switch (m_model->state()) {
    case State::Loading:
        return tr("%1, loading more…").arg(posts);
    case State::More:
        return tr("%1, scroll for more").arg(posts);
    case State::End:
        return tr("%1, all there are").arg(posts);
    case State::Idle:
    case State::Failed:
        break;
    }
    return posts;
}

void TimelinePane::updateState()
{
    const bool face = showFace();
    // The newest are reached: not a part of the past any more.
    if (m_from && !m_model->newerAbove() && m_model->rowCount() > 0 && !m_loader->beforeOldest())
        m_from.reset();
    m_past->setVisible(m_from.has_value());
    m_pastText->setText(pastText());
    m_newer->setEnabled(!m_loader->loadingNewer() && m_model->newerAbove());
    m_face->setVisible(face);
    m_view->setVisible(!face);
    const auto foot = footText();
    const bool failed = !m_loader->error().isEmpty(), partial = m_model->partialEntries() > 0;
    m_state->setText(foot);
    m_state->setTone(failed || partial ? Tone::Warning : Tone::Muted);
    m_retry->setText(failed ? tr("Try again") : tr("Refresh"));
    m_retry->setVisible(failed || partial);
}

// New posts above must not push away what somebody reads; at the very top they are shown.
void TimelinePane::rememberPlace(bool alsoAtTop)
{
    m_topEntry = QPersistentModelIndex();
    if (!alsoAtTop && m_view->verticalScrollBar()->value() == 0) return;
    const auto top = m_view->indexAt(QPoint(1, 1));
    m_topEntry = top;
    m_topDistance = m_view->visualRect(top).top();
}

void TimelinePane::restorePlace()
{
    if (m_loader->beforeOldest() && !m_topEntry.isValid()) {
        // The list's height follows what is said above it.
        QTimer::singleShot(0, m_view, &QListView::scrollToBottom);
        return;
    }
    if (!m_topEntry.isValid()) return;
    m_view->doItemsLayout();
    auto* bar = m_view->verticalScrollBar();
    bar->setValue(bar->value() + m_view->visualRect(m_topEntry).top() - m_topDistance);
    m_topEntry = QPersistentModelIndex();
}

} // namespace ui
