// Copying and exporting, the same for every table, tree and chart: actions on the widget (Ctrl+C, the context
// menu, also by the menu key and Shift+F10) and a small button in the head of the card around it. Many rows
// are read bit by bit, with their progress; Esc ends that. Text is made and files are written on another
// thread. One per widget, owned by it; GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>

#include "ui/widgets/chart_picture.h"
#include "ui/widgets/table_reader.h"

#include <chrono>
#include <functional>
#include <memory>

class QAbstractItemView;
class QAction;
class QContextMenuEvent;
class QMenu;
class QProgressDialog;

namespace ui {

class Exporter final : public QObject
{
    Q_OBJECT

public:
    explicit Exporter(QAbstractItemView& table);
    Exporter(const Theme& theme, QWidget& chart, ChartFace face);
    ~Exporter() override;

    // Null: the widget has none.
    static Exporter* of(const QWidget& widget);

    void copy();
    // By the extension: .csv of a table, .png or .svg of a chart.
    void exportTo(const QString& path);
    // What the context menu and a card's button show, in a menu that deletes itself.
    QMenu* makeMenu();

signals:
    void copied();
    void finished(bool written, const QString& message);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void addAction(const char* name, const QString& text, const std::function<void()>& run);
    void addCopyAction(const QString& text);
    void askAndExport(const QString& suffix);
    QString suggestedName() const;
    bool hasSelection() const;
    void showMenu(const QPoint& globalPosition);
    QPoint keyboardPosition() const;
    void joinCard();
    using TakeCells = std::function<void(TableCells)>;
    void readRows(TableRows rows, TakeCells done); // ends what was being read
    void readOn();
    void showProgress();
    void endReading();
    void giveUp();
    void copyCells(TableCells cells);
    void exportCells(const QString& path, TableCells cells);
    void write(const QString& path, std::function<QByteArray()> encode, const QString& what);
    void tell(const QString& text);
    void take(const QString& error, const QString& path, const QString& what);
    static void tellFailure(QWidget* window, const QString& error);

    QWidget* m_widget;
    QAbstractItemView* m_table = nullptr; // null: a chart
    const Theme* m_theme = nullptr;       // of a chart
    ChartFace m_face;
    QAction* m_copy = nullptr;
    QPointer<QMenu> m_menu; // open
    bool m_joined = false;
    std::unique_ptr<TableReader> m_reader; // while rows are read
    TakeCells m_readDone;
    std::chrono::steady_clock::time_point m_readSince;
    QPointer<QProgressDialog> m_progress; // once that takes long
    quint64 m_copies = 0;                 // the newest one is for the clipboard
};

// Once is enough: a second call does nothing. styleTable() and styleTree() call it.
void makeExportable(QAbstractItemView& table);
// Focusable by Tab from then on, so that the keyboard reaches its menu.
void makeExportable(const Theme& theme, QWidget& chart, ChartFace face = {});

} // namespace ui
