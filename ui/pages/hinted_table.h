// A sorted table under a line that says what it shows, or why it shows nothing. Owned by its page; GUI thread
// only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

class QAbstractItemModel;
class QTableView;

namespace ui {

class Label;
class SortProxy;

class HintedTable final : public QWidget
{
    Q_OBJECT

public:
    // name: the table's object name; the line above is name + "Hint". The model stays its owner's.
    HintedTable(const Theme& theme, const char* name, const QString& title, QAbstractItemModel* model,
                QWidget* parent);

    void setHint(const QString& hint, Tone tone = Tone::Muted);
    QString hint() const;
    void sortBy(int column, Qt::SortOrder order);
    QTableView& table() const { return *m_table; }
    // The model's own index of the current row; invalid without one.
    QModelIndex current() const;

signals:
    void currentChanged();

private:
    Label* m_hint = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
};

} // namespace ui
