#include "ui/widgets/exporter.h"

#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/file_save.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/save_dialog.h"

#include <QAbstractItemView>
#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QProgressDialog>
#include <QRegularExpression>
#include <QThreadPool>
#include <QTimer>
#include <QToolTip>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kSlice{6};              // of reading, in one turn of the event loop
constexpr std::chrono::milliseconds kProgressPatience{250}; // until progress is shown
constexpr int kProgressSteps = 1'000;                       // of progress
constexpr std::size_t kFewCells = 10'000;                   // whose text is made at once

QString& lastFolder() // of this run
{
    static QString folder = QDir::homePath();
    return folder;
}

QString filterOf(const QString& suffix)
{
    return suffix == QLatin1String("csv")   ? Exporter::tr("Table (*.csv)")
           : suffix == QLatin1String("png") ? Exporter::tr("Picture (*.png)")
                                            : Exporter::tr("Drawing (*.svg)");
}

Card* cardAround(QWidget* widget)
{
    for (; widget; widget = widget->parentWidget())
        if (auto* card = qobject_cast<Card*>(widget)) return card;
    return nullptr;
}

} // namespace

Exporter::Exporter(QAbstractItemView& table)
    : QObject(&table)
    , m_widget(&table)
    , m_table(&table)
{
    addCopyAction(tr("&Copy rows"));
    addAction("exportCsv", tr("Export all rows as CS&V…"), [this] { askAndExport(QStringLiteral("csv")); });
    table.installEventFilter(this);
    table.viewport()->installEventFilter(this);
}

Exporter::Exporter(const Theme& theme, QWidget& chart, ChartFace face)
    : QObject(&chart)
    , m_widget(&chart)
    , m_theme(&theme)
    , m_face(std::move(face))
{
    addCopyAction(tr("&Copy picture"));
    addAction("exportPng", tr("Export as &PNG…"), [this] { askAndExport(QStringLiteral("png")); });
    addAction("exportSvg", tr("Export as &SVG…"), [this] { askAndExport(QStringLiteral("svg")); });
    if (chart.focusPolicy() == Qt::NoFocus) chart.setFocusPolicy(Qt::TabFocus);
    chart.installEventFilter(this);
}

Exporter::~Exporter()
{
    endReading();
}

Exporter* Exporter::of(const QWidget& widget)
{
    return widget.findChild<Exporter*>(QString(), Qt::FindDirectChildrenOnly);
}

void Exporter::addCopyAction(const QString& text)
{
    addAction("copy", text, [this] { copy(); });
    m_copy = m_widget->actions().constLast();
    m_copy->setShortcut(QKeySequence::Copy);
    m_copy->setShortcutContext(Qt::WidgetShortcut);
}

void Exporter::addAction(const char* name, const QString& text, const std::function<void()>& run)
{
    auto* action = new QAction(text, m_widget);
    action->setObjectName(QLatin1String(name));
    connect(action, &QAction::triggered, this, run);
    m_widget->addAction(action);
}

bool Exporter::hasSelection() const
{
    return m_table && m_table->selectionModel() && m_table->selectionModel()->hasSelection();
}

void Exporter::copy()
{
    if (!m_table) {
        QGuiApplication::clipboard()->setImage(ChartPicture(*m_theme, *m_widget, m_face).image());
        tell(tr("Picture copied"));
        emit copied();
    } else {
        if (!hasSelection()) {
            tell(tr("Choose rows first: nothing was copied"));
            return;
        }
        readRows(TableRows::Selected, [this](TableCells cells) { copyCells(std::move(cells)); });
    }
}

void Exporter::copyCells(TableCells cells)
{
    const auto rows = std::int64_t(cells.rows.size());
    const auto put = [rows, copy = ++m_copies](Exporter& here, const QString& text) {
        if (copy != here.m_copies) return; // something else was copied meanwhile
        QGuiApplication::clipboard()->setText(text);
        here.tell(rows == 1 ? tr("1 row copied") : tr("%1 rows copied").arg(formatCount(rows)));
        emit here.copied();
    };
    if (cells.rows.size() * cells.header.size() <= kFewCells) return put(*this, toTabSeparated(cells));
    QThreadPool::globalInstance()->start([here = QPointer<Exporter>(this), put, cells = std::move(cells)] {
        QMetaObject::invokeMethod(qApp, [here, put, text = toTabSeparated(cells)] {
            if (here) put(*here, text);
        });
    });
}

// --- reading

void Exporter::readRows(TableRows rows, TakeCells done)
{
    endReading();
    m_reader = std::make_unique<TableReader>(*m_table, rows);
    m_readDone = std::move(done);
    m_readSince = std::chrono::steady_clock::now();
    readOn();
}

void Exporter::readOn()
{
    if (!m_reader) return; // given up
    if (!m_reader->read(kSlice)) {
        showProgress();
        QTimer::singleShot(0, m_reader.get(), [this] { readOn(); });
        return;
    }
    const auto done = std::move(m_readDone);
    auto cells = m_reader->take();
    endReading();
    done(std::move(cells));
}

void Exporter::showProgress()
{
    if (!m_progress && std::chrono::steady_clock::now() - m_readSince >= kProgressPatience) {
        m_progress = new QProgressDialog(tr("Reading the rows of the table…"), tr("Cancel"), 0,
                                         kProgressSteps, m_widget->window());
        m_progress->setObjectName(QStringLiteral("exportProgress"));
        m_progress->setWindowTitle(m_widget->accessibleName());
        m_progress->setAttribute(Qt::WA_DeleteOnClose);
        m_progress->setAutoClose(false);
        m_progress->setAutoReset(false);
        connect(m_progress, &QProgressDialog::canceled, this, &Exporter::giveUp);
        m_progress->show();
    }
    if (m_progress) m_progress->setValue(int(m_reader->fraction() * kProgressSteps));
}

void Exporter::endReading()
{
    m_reader.reset();
    m_readDone = nullptr;
    if (auto* progress = m_progress.data()) {
        m_progress.clear();
        progress->disconnect(this);
        progress->close();
    }
}

void Exporter::giveUp()
{
    if (!m_reader) return;
    endReading();
    const auto text = tr("Given up: nothing was written or copied");
    tell(text);
    emit finished(false, text);
}

QString Exporter::suggestedName() const
{
    static const QRegularExpression unwanted(QStringLiteral("[^\\w \\-]+"),
                                             QRegularExpression::UseUnicodePropertiesOption);
    auto name = m_table ? m_table->accessibleName() : ChartPicture(*m_theme, *m_widget, m_face).title();
    name = name.replace(unwanted, QStringLiteral(" ")).simplified().left(60);
    if (name.isEmpty()) name = m_table ? tr("table") : tr("chart");
    return QStringLiteral("%1 %2").arg(
        name, QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HHmmss")));
}

void Exporter::askAndExport(const QString& suffix)
{
    const QPointer<Exporter> here(this); // the page may go while the dialog is open
    const auto path =
        askWhereToSave(m_widget->window(), m_table ? tr("Export table") : tr("Export chart"),
                       QDir(lastFolder()).filePath(suggestedName() + u'.' + suffix), {filterOf(suffix)});
    if (path.isEmpty() || !here) return;
    lastFolder() = QFileInfo(path).absolutePath();
    exportTo(path);
}

void Exporter::exportTo(const QString& path)
{
    const auto suffix = QFileInfo(path).suffix().toLower();
    if (m_table && suffix == QLatin1String("csv")) {
        readRows(TableRows::All, [this, path](TableCells cells) { exportCells(path, std::move(cells)); });
    } else if (!m_table && suffix == QLatin1String("png")) {
        write(
            path, [image = ChartPicture(*m_theme, *m_widget, m_face).image()] { return encodePng(image); },
            tr("Picture"));
    } else if (!m_table && suffix == QLatin1String("svg")) {
        write(
            path, [svg = ChartPicture(*m_theme, *m_widget, m_face).svg()] { return svg; }, tr("Drawing"));
    } else {
        take(tr("%1 has no known extension: end the name in %2.")
                 .arg(QDir::toNativeSeparators(path), m_table ? QStringLiteral(".csv") : tr(".png or .svg")),
             path, {});
    }
}

void Exporter::exportCells(const QString& path, TableCells cells)
{
    auto what = cells.rows.size() == 1 ? tr("1 row")
                                       : tr("%1 rows").arg(formatCount(std::int64_t(cells.rows.size())));
    if (cells.partial) what += tr(" (those read so far: scroll on for more)");
    write(
        path, [cells = std::move(cells)] { return toCsv(cells); }, what);
}

void Exporter::write(const QString& path, std::function<QByteArray()> encode, const QString& what)
{
    // A failure is told in the window, whatever page is there by then.
    const QPointer<QWidget> window(m_widget->window());
    QThreadPool::globalInstance()->start(
        [here = QPointer<Exporter>(this), window, path, what, encode = std::move(encode)] {
            const auto content = encode();
            QString error;
            if (content.isEmpty())
                error = tr("The picture could not be encoded: %1 was not written. A smaller window makes a "
                           "smaller picture.")
                            .arg(QDir::toNativeSeparators(path));
            else if (const auto saved = saveFile(path, content); !saved)
                error = QString::fromStdString(saved.error().message);
            QMetaObject::invokeMethod(qApp, [here, window, error, path, what] {
                if (here)
                    here->take(error, path, what);
                else if (!error.isEmpty())
                    tellFailure(window, error);
            });
        });
}

void Exporter::take(const QString& error, const QString& path, const QString& what)
{
    if (error.isEmpty()) {
        const auto text = tr("%1 written to %2").arg(what, QDir::toNativeSeparators(path));
        tell(text);
        emit finished(true, text);
        return;
    }
    tellFailure(m_widget->window(), error);
    emit finished(false, error);
}

void Exporter::tellFailure(QWidget* window, const QString& error)
{
    auto* box = new QMessageBox(QMessageBox::Warning, tr("Not exported"), error, QMessageBox::Ok, window);
    box->setObjectName(QStringLiteral("exportFailed"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

// Beside the widget for some seconds, and to whoever listens.
void Exporter::tell(const QString& text)
{
    if (!m_widget->isVisible()) return;
    QToolTip::showText(m_widget->mapToGlobal(m_widget->rect().center()), text, m_widget);
    m_widget->setProperty("lastExport", text);
#if QT_CONFIG(accessibility)
    QAccessibleEvent event(m_widget, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
#endif
}

// --- the menu

QMenu* Exporter::makeMenu()
{
    m_copy->setEnabled(!m_table || hasSelection());
    auto* menu = new QMenu(m_widget);
    menu->setObjectName(QStringLiteral("exportMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions(m_widget->actions());
    connect(menu, &QMenu::aboutToHide, m_copy, [copy = m_copy] { copy->setEnabled(true); });
    return menu;
}

void Exporter::showMenu(const QPoint& globalPosition)
{
    if (m_menu) return;
    m_menu = makeMenu();
    m_menu->popup(globalPosition);
}

QPoint Exporter::keyboardPosition() const
{
    if (!m_table) return m_widget->mapToGlobal(m_widget->rect().center());
    const auto rect = m_table->visualRect(m_table->currentIndex());
    const auto seen = rect.intersected(m_table->viewport()->rect());
    return m_table->viewport()->mapToGlobal(seen.isEmpty() ? m_table->viewport()->rect().topLeft()
                                                           : QPoint(seen.left(), seen.bottom()));
}

bool Exporter::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::Show:
        if (watched == m_widget) joinCard();
        break;
    case QEvent::ContextMenu: {
        if (m_widget->contextMenuPolicy() != Qt::DefaultContextMenu) break; // a page's own
        const auto& wish = *static_cast<QContextMenuEvent*>(event);
        showMenu(wish.reason() == QContextMenuEvent::Keyboard ? keyboardPosition() : wish.globalPos());
        event->accept();
        return true;
    }
    case QEvent::KeyPress: {
        const auto& key = *static_cast<QKeyEvent*>(event);
        if (watched == m_widget && key.key() == Qt::Key_Escape && m_reader) {
            giveUp();
            return true;
        }
        if (watched == m_widget && key.matches(QKeySequence::Copy)) { // a view would copy one cell
            copy();
            return true;
        }
        if (key.key() != Qt::Key_F10 || key.modifiers() != Qt::ShiftModifier || watched != m_widget) break;
        showMenu(keyboardPosition());
        return true;
    }
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

void Exporter::joinCard()
{
    if (m_joined) return;
    auto* card = cardAround(m_widget);
    if (!card) return;
    m_joined = true;
    card->offerExport(*this);
}

void makeExportable(QAbstractItemView& table)
{
    if (!Exporter::of(table)) new Exporter(table);
}

void makeExportable(const Theme& theme, QWidget& chart, ChartFace face)
{
    if (!Exporter::of(chart)) new Exporter(theme, chart, std::move(face));
}

} // namespace ui
