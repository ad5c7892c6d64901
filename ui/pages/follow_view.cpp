#include "ui/pages/follow_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/follow_model.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/steady.h"
#include "ui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

#include <utility>

namespace ui {
namespace {

// Who is far down a long list wants to get on.
constexpr int kFollowPageSize = 200, kLongPageSize = 1'000, kLong = 2'000;
using FollowState = FollowModel::State;

} // namespace

FollowView::FollowView(Kind kind, const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_bridge(bridge)
    , m_model(new FollowModel(this))
{
    build(theme);
    connect(m_model, &FollowModel::pageWanted, this, &FollowView::load);
    connect(m_model, &FollowModel::stateChanged, this, &FollowView::updateState);
    const auto openUser = [this](const QModelIndex& index) {
        emit userActivated(qint64(m_model->user(index).id.value));
    };
    connect(m_table, &QTableView::activated, this, openUser);
    connect(m_table, &QTableView::clicked, this, [openUser](const QModelIndex& index) {
        if (index.column() == FollowModel::HandleColumn) openUser(index);
    });
    connect(m_retry, &QPushButton::clicked, this, [this] {
        if (m_model->state() == FollowState::Failed)
            m_model->retry();
        else
            refresh();
    });
    updateState();
}

void FollowView::build(const Theme& theme)
{
    const auto name = m_kind == Kind::Followers ? QStringLiteral("followers") : QStringLiteral("following");
    m_table = new QTableView(this);
    m_table->setObjectName(name + QStringLiteral("Table"));
    m_table->setAccessibleName(m_kind == Kind::Followers ? tr("Followers") : tr("Following"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ToneDelegate(theme, m_table));
    styleTable(*m_table);
    fitColumns(*m_table);
    m_face = new StateView(theme, this);
    m_face->setObjectName(name + QStringLiteral("Face"));
    m_foot = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_foot->setObjectName(name + QStringLiteral("Foot"));
    m_foot->setWordWrap(true);
    m_retry = new QPushButton(tr("Try again"), this);
    m_retry->setObjectName(name + QStringLiteral("Retry"));
    auto* foot = new QHBoxLayout;
    foot->addWidget(new Steady(m_foot, this), 1);
    foot->addWidget(m_retry);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_table, 1);
    layout->addWidget(m_face, 1);
    layout->addLayout(foot);
}

void FollowView::open(const backend::Profile& user)
{
    close();
    m_user = user;
    if (isVisible()) start();
}

void FollowView::close()
{
    m_call.cancel();
    m_user.reset();
    m_started = m_stale = m_refreshing = m_cancelled = false;
    m_error.clear();
    m_model->clear();
}

void FollowView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_user && !m_started)
        start();
    else if (m_stale)
        refresh();
}

void FollowView::start()
{
    m_call.cancel();
    m_started = true;
    m_stale = m_refreshing = m_cancelled = false;
    m_error.clear();
    m_model->start();
}

bool FollowView::cancel()
{
    if (!isVisible() || m_model->state() != FollowState::Loading) return false;
    m_call.cancel();
    m_cancelled = true;
    m_error.clear();
    if (std::exchange(m_refreshing, false))
        m_model->failRefresh();
    else
        m_model->failPage(m_asked);
    updateState();
    return true;
}

// From the first page on, as far as it is loaded: where rows are gone or new, keyset pages have no other way.
// What is chosen and where the list stands stays.
void FollowView::refresh()
{
    if (!m_user || m_refreshing) return;
    if (!isVisible()) {
        m_stale = true;
        return;
    }
    if (!m_model->beginRefresh()) {
        m_stale = m_model->state() == FollowState::Loading; // after the page that is on its way
        if (!m_stale) start();
        return;
    }
    m_stale = false;
    m_refreshing = true;
    updateState();
    readAgain({});
}

void FollowView::readAgain(backend::UserId after)
{
    askPage(after, [this, after](const backend::Result<backend::EdgePage>& page) {
        m_error = page ? QString() : QString::fromStdString(page.error().message);
        if (page && m_model->mergePage(after, *page)) return readAgain(*page->next);
        m_refreshing = false;
        if (!page) m_model->failRefresh();
        updateState();
    });
}

void FollowView::load(backend::UserId after)
{
    askPage(after, [this, after](const backend::Result<backend::EdgePage>& page) {
        m_error = page ? QString() : QString::fromStdString(page.error().message);
        if (page)
            m_model->appendPage(after, *page);
        else
            m_model->failPage(after);
        updateState();
        if (m_stale && m_model->state() != FollowState::Loading) refresh();
    });
}

void FollowView::askPage(backend::UserId after,
                         std::function<void(const backend::Result<backend::EdgePage>&)> done)
{
    if (!m_user) return;
    m_call.cancel();
    m_asked = after;
    if (std::exchange(m_cancelled, false)) updateState();
    const int size = m_model->rowCount() < kLong ? kFollowPageSize : kLongPageSize;
    m_call = m_bridge.call(
        this,
        [kind = m_kind, user = m_user->user.id, after, size](backend::Engine& engine) {
            return kind == Kind::Followers ? requests::followers(engine, user, after, size)
                                           : requests::following(engine, user, after, size);
        },
        [done = std::move(done)](const backend::Result<backend::EdgePage>& page) { done(page); });
}

std::int64_t FollowView::total() const
{
    if (!m_user) return 0;
    const auto& counters = m_user->counters;
    return m_kind == Kind::Followers ? counters.followers : counters.following;
}

QString FollowView::footText() const
{
    const int rows = m_model->rowCount();
    if (rows == 0) return {};
    if (!m_error.isEmpty())
        return m_model->state() == FollowState::Failed ? tr("The rest could not be read: %1").arg(m_error)
                                                       : tr("It could not be read again: %1").arg(m_error);
    if (m_refreshing) return tr("%1 loaded, reading them again… Esc cancels.").arg(formatCount(rows));
    const auto shown = formatCount(rows), all = formatCount(std::max<std::int64_t>(rows, total()));
    if (m_cancelled) return tr("%1 of %2 loaded; reading was cancelled.").arg(shown, all);
    switch (m_model->state()) {
    case FollowState::Loading:
        return tr("%1 of %2, loading more… Esc cancels.").arg(shown, all);
    case FollowState::More:
        return tr("%1 of %2 loaded, scroll for more. A click on a handle, or Enter, opens the user.")
            .arg(shown, all);
    default:
        return tr("All %1, by the time they joined. A click on a handle, or Enter, opens the user.")
            .arg(shown);
    }
}

void FollowView::updateState()
{
    using Face = StateView::Kind;
    const bool any = m_model->rowCount() > 0;
    if (!any && !m_error.isEmpty())
        m_face->show(Face::Failed, tr("The list could not be read"), m_error);
    else if (!any && m_cancelled)
        m_face->show(Face::Empty, tr("Cancelled"), tr("“Try again” reads the list."));
    else if (!any && m_model->state() == FollowState::End)
        m_face->show(Face::Empty, tr("Nobody"),
                     m_kind == Kind::Followers ? tr("Nobody follows this user.")
                                               : tr("This user follows nobody."));
    else if (!any)
        m_face->show(Face::Loading, tr("Loading"), tr("Esc cancels."));
    m_face->setVisible(!any);
    m_table->setVisible(any);
    m_foot->setText(footText());
    m_foot->setTone(m_error.isEmpty() && !m_cancelled ? Tone::Muted : Tone::Warning);
    m_retry->setVisible(!m_error.isEmpty() || m_cancelled);
}

} // namespace ui
