// Figures side by side: today's, those of a choice, and the difference. Owned by its card; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

#include <vector>

class QGridLayout;

namespace ui {

class Label;

class FigureGrid final : public QWidget
{
    Q_OBJECT

public:
    struct Figures
    {
        QString today, chosen, difference;
    };

    // names: of the rows, with unit. Each row's labels are named objectName + "Today", "Chosen", "Difference"
    // with the row's number behind.
    FigureGrid(const Theme& theme, const QString& objectName, const QStringList& names, QWidget* parent);

    void setChosenTitle(const QString& title);
    void setFigures(const std::vector<Figures>& rows);
    QString chosen(int row) const;
    QString difference(int row) const;

private:
    Label* add(QGridLayout& grid, int row, int column, const QString& name);

    const Theme& m_theme;
    Label* m_chosenTitle = nullptr;
    struct Row
    {
        Label *today, *chosen, *difference;
    };
    std::vector<Row> m_rows;
};

// "+1,234" "−5" "±0"; NaN: not known.
QString signedText(double value, QString (*format)(double));
FigureGrid::Figures comparedFigures(double today, double chosen, QString (*format)(double));

} // namespace ui
