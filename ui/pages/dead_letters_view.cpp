#include "ui/pages/dead_letters_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/shard_table.h"
#include "ui/pages/dead_letter_changes.h"
#include "ui/pages/dead_letter_details.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_text.h"

#include <QItemSelectionModel>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>

namespace ui {
namespace {

constexpr int kPage = 200, kMostAtOnce = 1'000;

} // namespace

DeadLettersView::DeadLettersView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
    , m_changes(new DeadLetterChanges(theme, bridge, this))
{
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setObjectName(QStringLiteral("deadLettersSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(buildGroups(theme, m_splitter));
    m_splitter->addWidget(buildLetters(theme, m_splitter));
    m_splitter->setSizes({3800, 6200}); // parts of what there is
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(buildHead(theme));
    layout->addWidget(m_splitter, 1);
    connectAll();
    updateState();
}

void DeadLettersView::connectAll()
{
    using Change = DeadLetterChanges::Change;
    connect(m_refresh, &QPushButton::clicked, this, &DeadLettersView::refresh);
    connect(m_retry, &QPushButton::clicked, this,
            [this] { m_changes->changeSelected(Change::Retry, selectedLetters()); });
    connect(m_discard, &QPushButton::clicked, this,
            [this] { m_changes->changeSelected(Change::Discard, selectedLetters()); });
    connect(m_retryGroup, &QPushButton::clicked, this, [this] {
        if (const auto group = chosenGroup()) m_changes->changeGroup(Change::Retry, *group);
    });
    connect(m_discardGroup, &QPushButton::clicked, this, [this] {
        if (const auto group = chosenGroup()) m_changes->changeGroup(Change::Discard, *group);
    });
    connect(m_changes, &DeadLetterChanges::busyChanged, this, &DeadLettersView::updateState);
    connect(m_changes, &DeadLetterChanges::changed, this, &DeadLettersView::refresh);
    connect(m_changes, &DeadLetterChanges::told, this, [this](const QString& text, bool failed) {
        m_outcome->setTone(failed ? Tone::Critical : Tone::Normal);
        m_outcome->setText(text);
        m_outcome->setVisible(!text.isEmpty());
    });
    connect(m_groupTable->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &DeadLettersView::chooseGroup);
    connect(m_letterTable->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &DeadLettersView::updateState);
    connect(m_letters, &QAbstractItemModel::rowsRemoved, this, &DeadLettersView::updateState);
    connect(m_letterTable->verticalScrollBar(), &QScrollBar::valueChanged, this,
            &DeadLettersView::readFurtherAtTheEnd);
    m_outcome->setVisible(false);
}

void DeadLettersView::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    m_changes->setSnapshot(snapshot);
    if (snapshot && isVisible() && !m_loading && snapshot->queueDead != m_countRead) refresh();
    updateState();
}

void DeadLettersView::setBlocked(const QString& reason)
{
    m_blocked = reason;
    updateState();
}

// --- reading

void DeadLettersView::refresh()
{
    if (m_loading) return;
    m_loading = true;
    m_countRead = m_snapshot ? m_snapshot->queueDead : -1;
    updateState();
    m_bridge.call(
        this, [](backend::Engine& engine) { return requests::deadLetterGroups(engine); },
        [this](backend::Result<backend::DeadLetterGroups> groups) {
            m_loading = false;
            if (groups) {
                m_loaded = true;
                m_error.clear();
                takeGroups(std::move(*groups));
            } else {
                m_error = QString::fromStdString(groups.error().message);
            }
            updateState();
        });
}

void DeadLettersView::takeGroups(backend::DeadLetterGroups groups)
{
    QStringList unread;
    for (const auto& node : groups.unread)
        unread << QString::fromStdString(node);
    m_unread = unread.join(QStringLiteral("; "));
    m_complete = groups.complete;
    m_groups->setRows(std::move(groups.groups));
    if (!chosenGroup() && m_groups->rowCount() > 0)
        m_groupTable->selectRow(0); // reads its letters
    else
        readLetters(false);
    if (m_groups->rowCount() == 0) {
        endLetters();
        m_letters->setRows({});
        m_moreLetters = false;
    }
}

void DeadLettersView::chooseGroup()
{
    const auto group = chosenGroup();
    const auto signature = group ? QString::fromStdString(group->signature) : QString();
    if (group && (signature != m_lettersOf || m_letters->rowCount() == 0)) {
        m_lettersOf = signature;
        endLetters();
        m_letters->setRows({});
        m_moreLetters = false;
        readLetters(false);
    }
    updateState();
}

// Not further: as many as are listed, anew. One reading at a time: what was handled must not come back with a
// page that was asked for before.
void DeadLettersView::readLetters(bool further)
{
    if (!chosenGroup() || (further && (m_loadingLetters || !m_moreLetters))) return;
    if (m_loadingLetters && !m_furtherLetters) {
        m_lettersAgain = true; // begun anew each time, the reading of a long list would never end
        return;
    }
    const auto listed = std::size_t(m_letters->rowCount());
    const auto wanted = further ? std::size_t(kPage) : std::max(listed, std::size_t(kPage));
    const auto besides = m_loadingLetters ? std::size_t(kPage) : 0; // the page that is given up
    m_loadingLetters = true;
    m_furtherLetters = further;
    askLetters(further, wanted + besides, {});
    updateState();
}

void DeadLettersView::askLetters(bool further, std::size_t wanted, std::vector<backend::DeadLetter> soFar)
{
    backend::DeadLetterQuery query;
    query.signature = m_lettersOf.toStdString();
    query.limit = int(std::min(wanted - soFar.size(), std::size_t(kMostAtOnce)));
    if (!soFar.empty())
        query.after = {soFar.back().diedAt, soFar.back().ref};
    else if (further && m_letters->rowCount() > 0)
        query.after = {m_letters->rows().back().letter.diedAt, m_letters->rows().back().letter.ref};
    m_lettersCall.cancel();
    m_lettersCall = m_bridge.call(
        this, [query](backend::Engine& engine) { return requests::deadLetterPage(engine, query); },
        [this, further, wanted,
         soFar = std::move(soFar)](backend::Result<backend::DeadLetterPage> page) mutable {
            m_lettersError = page ? QString() : QString::fromStdString(page.error().message);
            const bool more = page && page->more && !page->letters.empty();
            if (page)
                soFar.insert(soFar.end(), std::make_move_iterator(page->letters.begin()),
                             std::make_move_iterator(page->letters.end()));
            if (more && soFar.size() < wanted) return askLetters(further, wanted, std::move(soFar));
            const bool again = m_lettersAgain;
            endLetters();
            if (page) takeLetters(std::move(soFar), further, more);
            if (again) readLetters(false);
            updateState();
        });
}

void DeadLettersView::endLetters()
{
    m_lettersCall.cancel();
    m_loadingLetters = m_furtherLetters = m_lettersAgain = false;
}

void DeadLettersView::takeLetters(std::vector<backend::DeadLetter> letters, bool further, bool more)
{
    std::vector<DeadLetterRow> rows;
    if (further) rows = m_letters->rows();
    for (auto& letter : letters) {
        const auto node =
            m_snapshot ? nodeName(*m_snapshot, letter.ref.node) : QString::number(letter.ref.node);
        rows.push_back({std::move(letter), node});
    }
    m_moreLetters = more;
    m_letters->setRows(std::move(rows));
}

void DeadLettersView::timesChanged()
{
    updateState();
}

void DeadLettersView::readFurtherAtTheEnd()
{
    const auto* bar = m_letterTable->verticalScrollBar();
    if (bar->value() >= bar->maximum() - bar->pageStep()) readLetters(true);
}

// --- what is chosen, and what can be done

std::optional<backend::DeadLetterGroup> DeadLettersView::chosenGroup() const
{
    const auto rows = m_groupTable->selectionModel()->selectedRows();
    return rows.isEmpty() ? std::nullopt : std::optional(m_groups->row(rows.first()));
}

std::vector<backend::TaskRef> DeadLettersView::selectedLetters() const
{
    std::vector<backend::TaskRef> out;
    for (const auto& index : m_letterTable->selectionModel()->selectedRows())
        out.push_back(m_letters->row(index).letter.ref);
    return out;
}

void DeadLettersView::updateSummary()
{
    const auto groups = m_groups->rowCount();
    if (!m_error.isEmpty()) {
        m_summary->setText(tr("The list could not be read: %1").arg(m_error));
    } else if (!m_loaded) {
        m_summary->setText(tr("Reading dead letters…"));
    } else {
        std::int64_t letters = 0;
        for (const auto& group : m_groups->rows())
            letters += group.count;
        auto text = groups == 0 ? tr("No dead letters: no task has failed for good.")
                    : letters == 1
                        ? tr("1 dead letter")
                        : tr("%1 dead letters of %2 different errors").arg(formatCount(letters)).arg(groups);
        if (!m_complete) text += tr(" · of the newest 100,000 on each node: there are more");
        if (!m_unread.isEmpty()) text += tr(" · not read: %1").arg(m_unread);
        m_summary->setText(text);
    }
    m_summary->setTone(!m_error.isEmpty() || !m_unread.isEmpty() ? Tone::Critical : Tone::Muted);
}

void DeadLettersView::updateLettersHead()
{
    const auto group = chosenGroup();
    const auto shown = std::int64_t(m_letters->rowCount());
    m_letterTable->setProperty(kRowsMissing, m_moreLetters);
    if (!m_lettersError.isEmpty())
        m_lettersCard->setSubtitle(tr("not read: %1").arg(m_lettersError), Tone::Critical);
    else if (!group)
        m_lettersCard->setSubtitle({});
    else if (m_loadingLetters && shown == 0)
        m_lettersCard->setSubtitle(tr("reading…"));
    else
        m_lettersCard->setSubtitle(m_moreLetters ? tr("the newest %1 of %2: scroll on for more")
                                                       .arg(formatCount(shown), formatCount(group->count))
                                                 : tr("all %1, newest first").arg(formatCount(shown)));
}

void DeadLettersView::updateState()
{
    updateSummary();
    updateLettersHead();
    const auto group = chosenGroup();
    const auto selected = m_letterTable->selectionModel()->selectedRows();
    const auto count = std::int64_t(selected.size());
    const auto all = group ? group->count : 0;
    m_retryGroup->setText(group ? tr("Retry all %1…").arg(formatCount(all)) : tr("Retry all…"));
    m_discardGroup->setText(group ? tr("Discard all %1…").arg(formatCount(all)) : tr("Discard all…"));
    m_retry->setText(count > 0 ? tr("Retry %1").arg(formatCount(count)) : tr("Retry selected"));
    m_discard->setText(count > 0 ? tr("Discard %1…").arg(formatCount(count)) : tr("Discard selected…"));
    const auto enable = [this](QPushButton* button, bool any, const QString& missing) {
        const auto reason = !m_blocked.isEmpty() ? m_blocked
                            : !any               ? missing
                            : m_changes->busy()  ? tr("The last change is not over yet.")
                                                 : QString();
        button->setEnabled(reason.isEmpty());
        button->setToolTip(reason);
    };
    for (auto* part : {m_retryGroup, m_discardGroup})
        enable(part, group.has_value(), tr("Select an error first."));
    for (auto* part : {m_retry, m_discard})
        enable(part, count > 0, tr("Select dead letters first."));
    m_refresh->setEnabled(!m_loading);
    m_details->show(count == 1 ? std::optional(m_letters->row(selected.first())) : std::nullopt);
}

void DeadLettersView::saveState(QSettings& settings) const
{
    settings.setValue("deadSplitter", m_splitter->saveState());
    settings.setValue("deadLower", m_lower->saveState());
}

void DeadLettersView::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("deadSplitter").toByteArray());
    m_lower->restoreState(settings.value("deadLower").toByteArray());
}

} // namespace ui
