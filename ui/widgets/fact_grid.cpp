#include "ui/widgets/fact_grid.h"

#include "ui/widgets/label.h"

#include <QFormLayout>
#include <QGridLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

constexpr int kColumnWidth = 290; // the least that a group reads well in

QStringList shapeOf(const std::vector<FactGroup>& groups)
{
    QStringList out;
    for (const auto& group : groups) {
        out << group.title;
        for (const auto& fact : group.facts)
            out << fact.id;
        if (!group.notRead.isEmpty()) out << QStringLiteral("not read");
    }
    return out;
}

QString notReadName(const FactGroup& group)
{
    return QStringLiteral("notRead ") + group.title;
}

} // namespace

FactGrid::FactGrid(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_layout(new QGridLayout(this))
{
    m_layout->setContentsMargins(0, 0, kSpacingSmall, 0);
    m_layout->setHorizontalSpacing(kSpacingLarge);
    m_layout->setVerticalSpacing(kSpacingMedium);
}

void FactGrid::setGroups(const std::vector<FactGroup>& groups)
{
    if (auto shape = shapeOf(groups); shape != m_shape) {
        rebuild(groups);
        m_shape = std::move(shape);
    }
    for (const auto& group : groups) {
        if (!group.notRead.isEmpty()) m_values.at(notReadName(group))->setText(group.notRead);
        for (const auto& fact : group.facts) {
            auto* value = m_values.at(fact.id);
            if (value->text() != fact.value) value->setText(fact.value);
            value->setTone(fact.tone);
            value->setToolTip(fact.explanation);
        }
    }
}

void FactGrid::rebuild(const std::vector<FactGroup>& groups)
{
    for (auto* box : m_boxes)
        delete box;
    m_boxes.clear();
    m_values.clear();
    for (const auto& group : groups)
        m_boxes.push_back(makeGroup(group));
    m_columns = 0;
    place();
}

QWidget* FactGrid::makeGroup(const FactGroup& group)
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins({});
    column->setSpacing(kSpacingTiny);
    column->addWidget(new Label(m_theme, group.title, FontRole::Strong, Tone::Normal, box));
    const auto add = [&](const QString& id, const QString& accessible) {
        auto* value = new Label(m_theme, FontRole::Body, Tone::Normal, box);
        value->setObjectName(id);
        value->setAccessibleName(accessible);
        value->setWordWrap(true);
        value->setTextFormat(Qt::PlainText);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        m_values[id] = value;
        return value;
    };
    if (!group.notRead.isEmpty()) {
        auto* why = add(notReadName(group), group.title);
        why->setTone(Tone::Muted);
        column->addWidget(why);
    }
    auto* form = new QFormLayout;
    form->setContentsMargins({});
    form->setHorizontalSpacing(kSpacingMedium);
    form->setVerticalSpacing(kSpacingTiny / 2);
    form->setLabelAlignment(Qt::AlignLeft);
    for (const auto& fact : group.facts) {
        auto* name = new Label(m_theme, fact.name, FontRole::Body, Tone::Muted, box);
        name->setAlignment(Qt::AlignLeft | Qt::AlignTop); // also beside values of several lines
        form->addRow(name, add(fact.id, fact.name));
    }
    column->addLayout(form);
    column->addStretch(1);
    return box;
}

void FactGrid::place()
{
    const int columns = std::max(1, width() / kColumnWidth);
    if (columns == m_columns) return;
    for (int column = 0; column < m_columns; ++column)
        m_layout->setColumnStretch(column, 0);
    for (int row = 0; row < m_layout->rowCount(); ++row)
        m_layout->setRowStretch(row, 0);
    m_columns = columns;
    for (auto* box : m_boxes)
        m_layout->removeWidget(box);
    for (int i = 0; i < int(m_boxes.size()); ++i)
        m_layout->addWidget(m_boxes[std::size_t(i)], i / columns, i % columns);
    for (int column = 0; column < columns; ++column)
        m_layout->setColumnStretch(column, 1);
    m_layout->setRowStretch(int(m_boxes.size()) / columns + 1, 1); // room to spare is below
}

void FactGrid::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    place();
}

} // namespace ui
