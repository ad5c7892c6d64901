#include "ui/widgets/save_dialog.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>
#include <QRegularExpression>

namespace ui {
namespace {

class SaveDialog final : public QFileDialog
{
public:
    SaveDialog(QWidget* parent, const QString& title, const QString& folder, const QStringList& filters)
        : QFileDialog(parent, title, folder)
    {
        setObjectName(QStringLiteral("saveDialog"));
        setAcceptMode(AcceptSave);
        setFileMode(AnyFile);
        setNameFilters(filters);
        followFilter(filters.value(0));
        connect(this, &QFileDialog::filterSelected, this, &SaveDialog::followFilter); // a native one's, too
    }

protected:
    void accept() override
    {
        followFilter(selectedNameFilter());
        QFileDialog::accept();
    }

private:
    void followFilter(const QString& filter)
    {
        static const QRegularExpression pattern(QStringLiteral("\\*\\.(\\w+)"));
        setDefaultSuffix(pattern.match(filter).captured(1));
    }
};

} // namespace

QString askWhereToSave(QWidget* parent, const QString& title, const QString& suggested,
                       const QStringList& filters)
{
    const QFileInfo file(suggested);
    const QPointer<SaveDialog> dialog = new SaveDialog(parent, title, file.absolutePath(), filters);
    dialog->selectFile(file.fileName());
    const bool chosen = dialog->exec() == QDialog::Accepted && dialog; // it goes with its parent
    const auto path = chosen ? dialog->selectedFiles().value(0) : QString();
    delete dialog;
    return path;
}

} // namespace ui
