// Draws an entry of a timeline: author, how it came in, two lines of text, time and delay. Every entry has
// the same height, so that a long list stays quick. Owned by its view; GUI thread only.
#pragma once

#include <QStyledItemDelegate>

namespace ui {

class Theme;

class PostDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    PostDelegate(const Theme& theme, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace ui
