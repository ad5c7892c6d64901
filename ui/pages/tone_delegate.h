// Cells of a table in the colour of their tone (ToneRole); texts stand under their header, apart from a
// number at their left. Owned by its view; GUI thread only.
#pragma once

#include <QStyledItemDelegate>

namespace ui {

class Theme;

class ToneDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    ToneDelegate(const Theme& theme, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    // At least a table's row, for trees too.
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace ui
