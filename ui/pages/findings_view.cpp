#include "ui/pages/findings_view.h"

#include "ui/pages/column_fit.h"
#include "ui/pages/hinted_table.h"
#include "ui/widgets/label.h"

#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kRoomForAdvice = 720; // as a column; narrower, it stands below for the chosen one

} // namespace

FindingsView::FindingsView(const Theme& theme, const char* name, QWidget* parent)
    : QWidget(parent)
    , m_model(makeFindingTable(this))
    , m_table(new HintedTable(theme, name, tr("Findings of the doctor"), m_model, this))
    , m_advice(new Label(theme, FontRole::Body, Tone::Normal, this))
    , m_command(new Label(theme, FontRole::Mono, Tone::Accent, this))
{
    const auto id = QString::fromLatin1(name);
    m_advice->setObjectName(id + QStringLiteral("Advice"));
    m_command->setObjectName(id + QStringLiteral("Command"));
    m_command->setAccessibleName(tr("Command that mends the chosen finding"));
    for (auto* label : {m_advice, m_command}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        label->hide();
    }
    elideLastColumn(m_table->table()); // the chosen one's words stand below
    m_table->sortBy(FindingSeverityColumn, Qt::DescendingOrder);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_advice);
    layout->addWidget(m_command);
    connect(m_table, &HintedTable::currentChanged, this, [this] {
        m_picked = m_picked || !m_setting;
        showCurrent();
    });
}

void FindingsView::setFindings(std::vector<backend::CheckFinding> findings, const QString& hint)
{
    m_setting = true;
    m_model->setRows(std::move(findings));
    m_table->setHint(hint);
    // The worst one says at once what to do, also when it is found last.
    auto& table = m_table->table();
    m_picked = m_picked && table.currentIndex().isValid();
    if (!m_picked && m_model->rowCount() > 0) table.setCurrentIndex(table.model()->index(0, 0));
    m_setting = false;
    showCurrent();
}

void FindingsView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool narrow = width() < kRoomForAdvice;
    m_table->table().setColumnHidden(FindingAdviceColumn, narrow);
    m_table->table().setHorizontalScrollBarPolicy(narrow ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
}

void FindingsView::showCurrent()
{
    const auto index = m_table->current();
    const bool chosen = index.isValid();
    if (chosen) {
        const auto& finding = m_model->row(index);
        m_advice->setText(
            tr("%1. What to do: %2.")
                .arg(QString::fromStdString(finding.measured), QString::fromStdString(finding.advice)));
        m_command->setText(QString::fromStdString(finding.command));
    }
    m_advice->setVisible(chosen);
    m_command->setVisible(chosen && !m_command->text().isEmpty());
}

} // namespace ui
