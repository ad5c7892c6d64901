#include "ui/pages/checkup_view.h"

#include "backend/domain/finding_groups.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/findings_view.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr qsizetype kNamed = 3; // nodes; more are counted only
constexpr int kProgressWidth = 90, kProgressHeight = 6;

QString counted(std::int64_t count, const QString& one, const QString& many)
{
    return QStringLiteral("%1 %2").arg(formatCount(count), count == 1 ? one : many);
}

} // namespace

CheckupView::CheckupView(const Theme& theme, EngineBridge& bridge, QWidget& page, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
{
    build(theme, page);
    connect(m_button, &QPushButton::clicked, this, [this] { running() ? cancel() : run(); });
    connect(m_escape, &QShortcut::activated, this, &CheckupView::cancel);
    updateState();
}

void CheckupView::build(const Theme& theme, QWidget& page)
{
    m_summary = new Label(theme, FontRole::Body, Tone::Normal, this);
    m_summary->setObjectName(QStringLiteral("checkupSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_progress = new QProgressBar(this);
    m_progress->setObjectName(QStringLiteral("checkupProgress"));
    m_progress->setAccessibleName(tr("The doctor is looking"));
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setFixedSize(kProgressWidth, kProgressHeight);
    m_button = new QPushButton(this);
    m_button->setObjectName(QStringLiteral("runCheckup"));
    m_escape = new QShortcut(QKeySequence(Qt::Key_Escape), &page);
    m_escape->setContext(Qt::WidgetWithChildrenShortcut);
    m_findings = new FindingsView(theme, "allFindings", this);
    auto* head = new QHBoxLayout;
    head->addWidget(m_summary, 1);
    head->addWidget(m_progress);
    head->addWidget(m_button);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(head);
    layout->addWidget(m_findings, 1);
}

void CheckupView::runOnce()
{
    if (!m_asked) run();
}

void CheckupView::run()
{
    if (m_running) return;
    m_asked = m_running = true;
    m_dropped = m_cancelled = m_soFar = false;
    m_error.clear();
    m_began = std::chrono::steady_clock::now();
    updateState();
    m_bridge.callTelling<backend::Checkup>(
        this,
        [](backend::Engine& engine, const backend::CheckupSink& soFar) {
            return requests::doctor(engine, soFar);
        },
        [this](const backend::Checkup& soFar) {
            if (m_dropped) return;
            m_soFar = true;
            take(soFar);
            updateState();
        },
        [this](backend::Result<backend::Checkup> checkup) {
            m_running = false;
            const bool dropped = std::exchange(m_dropped, false);
            m_soFar = m_soFar && (dropped || !checkup);
            if (!dropped && checkup) take(std::move(*checkup));
            if (!dropped && !checkup) m_error = QString::fromStdString(checkup.error().message);
            updateState();
        });
}

void CheckupView::cancel()
{
    if (!running()) return;
    m_dropped = m_cancelled = true;
    updateState();
}

void CheckupView::timesChanged()
{
    updateState();
}

void CheckupView::take(backend::Checkup checkup)
{
    const auto took = std::chrono::steady_clock::now() - m_began;
    m_took = std::chrono::duration<double>(took).count();
    m_lookedAt = std::chrono::time_point_cast<backend::TimePoint::duration>(std::chrono::system_clock::now());
    m_checkup = std::move(checkup);
    emit checked();
}

std::int64_t CheckupView::listed(backend::Severity severity) const
{
    return m_checkup ? std::int64_t(backend::countGroups(m_checkup->findings, severity)) : 0;
}

QString CheckupView::summary() const
{
    using backend::Severity;
    if (running())
        return m_soFar ? tr("Looking… %1").arg(soFarText())
                       : tr("Looking at every node: reachability, rights, settings, clocks, queue, engines…");
    if (m_cancelled) {
        const auto text = m_running ? tr("Cancelled. What was asked already ends by itself within seconds.")
                                    : tr("Cancelled.");
        return m_soFar ? QStringLiteral("%1 %2").arg(text, soFarText()) : text;
    }
    if (!m_error.isEmpty()) return tr("The check failed: %1").arg(m_error);
    if (!m_checkup) return tr("Not looked yet.");
    const auto when = tr("looked at %1, in %2").arg(formatTime(m_lookedAt), formatDuration(m_took));
    return QStringLiteral("%1, %2, %3 · %4")
        .arg(counted(listed(Severity::Error), tr("error"), tr("errors")),
             counted(listed(Severity::Warning), tr("warning"), tr("warnings")),
             counted(listed(Severity::Note), tr("note"), tr("notes")), when);
}

// "9 of 10 nodes looked at, waiting for pg-1."
QString CheckupView::soFarText() const
{
    QStringList awaited;
    for (const auto& node : m_checkup->nodes)
        if (node.awaited) awaited << QString::fromStdString(node.name);
    const auto all = qsizetype(m_checkup->nodes.size());
    const auto looked =
        tr("%1 of %2 nodes looked at").arg(formatCount(all - awaited.size()), formatCount(all));
    if (awaited.isEmpty()) return tr("%1.").arg(looked);
    const auto named = awaited.size() <= kNamed ? awaited.join(QStringLiteral(", "))
                                                : tr("%1 and %2 more")
                                                      .arg(awaited.mid(0, kNamed).join(QStringLiteral(", ")),
                                                           formatCount(awaited.size() - kNamed));
    return m_cancelled ? tr("%1, not %2.").arg(looked, named) : tr("%1, waiting for %2.").arg(looked, named);
}

void CheckupView::updateState()
{
    using backend::Severity;
    m_summary->setText(summary());
    const bool known = m_checkup && !running() && m_error.isEmpty() && !m_cancelled;
    m_summary->setTone(!m_error.isEmpty()                        ? Tone::Critical
                       : !known                                  ? Tone::Muted
                       : m_checkup->count(Severity::Error) > 0   ? Tone::Critical
                       : m_checkup->count(Severity::Warning) > 0 ? Tone::Warning
                                                                 : Tone::Ok);
    m_progress->setVisible(running());
    m_button->setText(running() ? tr("Cancel") : tr("Chec&k now"));
    m_button->setToolTip(running() ? tr("Esc") : tr("Looks at every node once; changes nothing"));
    m_button->setEnabled(running() || !m_running);
    m_escape->setEnabled(running());
    if (m_checkup)
        m_findings->setFindings(m_checkup->findings,
                                !m_checkup->findings.empty() ? QString()
                                : m_soFar                    ? tr("Nothing found so far.")
                                          : tr("Nothing found: all that was looked at is well."));
}

} // namespace ui
