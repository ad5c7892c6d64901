#include "ui/pages/figure_grid.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QGridLayout>

#include <cmath>

namespace ui {

FigureGrid::FigureGrid(const Theme& theme, const QString& objectName, const QStringList& names,
                       QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setObjectName(objectName);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins({});
    grid->setSizeConstraint(
        QLayout::SetMinimumSize); // where there is little room texts give way, not figures
    grid->setHorizontalSpacing(kSpacingMedium);
    grid->setVerticalSpacing(kSpacingTiny);
    const auto title = [&](int column, const QString& text) {
        auto* label = new Label(m_theme, text, FontRole::Small, Tone::Muted, this);
        label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        grid->addWidget(label, 0, column);
        return label;
    };
    title(1, tr("today"));
    m_chosenTitle = title(2, tr("chosen"));
    title(3, tr("difference"));
    for (int row = 0; row < names.size(); ++row) {
        grid->addWidget(new Label(m_theme, names[row], FontRole::Body, Tone::Muted, this), row + 1, 0);
        const auto number = QString::number(row);
        m_rows.push_back({add(*grid, row + 1, 1, objectName + QStringLiteral("Today") + number),
                          add(*grid, row + 1, 2, objectName + QStringLiteral("Chosen") + number),
                          add(*grid, row + 1, 3, objectName + QStringLiteral("Difference") + number)});
    }
    grid->setColumnStretch(0, 2);
    for (int column = 1; column < 4; ++column)
        grid->setColumnStretch(column, 1);
}

Label* FigureGrid::add(QGridLayout& grid, int row, int column, const QString& name)
{
    auto* label = new Label(m_theme, unknownText(), column == 2 ? FontRole::Strong : FontRole::Body,
                            column == 3 ? Tone::Muted : Tone::Normal, this);
    label->setObjectName(name);
    label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    grid.addWidget(label, row, column);
    return label;
}

void FigureGrid::setChosenTitle(const QString& title)
{
    m_chosenTitle->setText(title);
}

void FigureGrid::setFigures(const std::vector<Figures>& rows)
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const auto figures = i < rows.size() ? rows[i] : Figures{unknownText(), unknownText(), unknownText()};
        m_rows[i].today->setText(figures.today);
        m_rows[i].chosen->setText(figures.chosen);
        m_rows[i].difference->setText(figures.difference);
    }
}

QString FigureGrid::chosen(int row) const
{
    return m_rows[std::size_t(row)].chosen->text();
}

QString FigureGrid::difference(int row) const
{
    return m_rows[std::size_t(row)].difference->text();
}

QString signedText(double value, QString (*format)(double))
{
    if (std::isnan(value)) return unknownText();
    const auto text = format(std::abs(value));
    if (text == format(0)) return QStringLiteral("±") + text;
    return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) + text;
}

FigureGrid::Figures comparedFigures(double today, double chosen, QString (*format)(double))
{
    return {format(today), format(chosen), signedText(chosen - today, format)};
}

} // namespace ui
