// Room for a table that is scrolled by rows: as high as fits whole ones, so that none is cut in half at its
// end. Holds the table; GUI thread only.
#pragma once

#include <QWidget>

class QTableView;

namespace ui {

class WholeRows final : public QWidget
{
    Q_OBJECT

public:
    // REQUIRES: the table's model is set; rows of one height. The table becomes this one's child.
    WholeRows(QTableView* table, QWidget* parent);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void place();

    QTableView* m_table;
};

} // namespace ui
