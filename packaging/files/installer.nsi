; Installs Untrained for one user, without rights of an administrator: packaging/windows calls makensis with the
; folder of the files (FOLDER), their size (SIZE_KIB) and the installer to write (OUT).
Unicode true
!include MUI2.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Untrained"
!define CLASSES "Software\Classes"

Name "Untrained @VERSION@"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Untrained"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
SetCompressor /SOLID lzma
BrandingText "Untrained @VERSION@"
VIProductVersion "@VERSION@.0"
VIAddVersionKey "ProductName" "Untrained"
VIAddVersionKey "ProductVersion" "@VERSION@"
VIAddVersionKey "FileVersion" "@VERSION@"
VIAddVersionKey "FileDescription" "Installer of Untrained"
VIAddVersionKey "LegalCopyright" "MIT licence"

!define MUI_ICON "${FOLDER}/untrained.ico"
!define MUI_UNICON "${FOLDER}/untrained.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\untrained.exe"
!insertmacro MUI_PAGE_LICENSE "${FOLDER}/LICENSE.txt"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Opens files with an ending with the program.
!macro OpenWith ending kind
    WriteRegStr HKCU "${CLASSES}\.${ending}" "" "@ID@.${ending}"
    WriteRegStr HKCU "${CLASSES}\@ID@.${ending}" "" "${kind}"
    WriteRegStr HKCU "${CLASSES}\@ID@.${ending}\DefaultIcon" "" '"$INSTDIR\untrained.exe",0'
    WriteRegStr HKCU "${CLASSES}\@ID@.${ending}\shell\open\command" "" '"$INSTDIR\untrained.exe" "%1"'
!macroend
!macro OpenWithout ending
    DeleteRegKey HKCU "${CLASSES}\@ID@.${ending}"
    DeleteRegKey HKCU "${CLASSES}\.${ending}"
!macroend
!macro TypesChanged
    System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

Section "Untrained" Program
    SectionIn RO
    SetOutPath "$INSTDIR"
    File /r "${FOLDER}/*.*"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    ; Shortcuts start the program in the user's folder, not among its files.
    SetOutPath "$PROFILE"
    CreateShortcut "$SMPROGRAMS\Untrained.lnk" "$INSTDIR\untrained.exe" "" "$INSTDIR\untrained.ico"
    SetOutPath "$INSTDIR"
    !insertmacro OpenWith "untrained-space" "Search space of Untrained"
    !insertmacro OpenWith "untrained-job" "Job of Untrained"
    !insertmacro OpenWith "untrained-study" "Studies of Untrained"
    !insertmacro TypesChanged
    ; Finds the program when `untrained` is typed into Run.
    WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\untrained.exe" "" "$INSTDIR\untrained.exe"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Untrained"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "@VERSION@"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\untrained.exe"
    WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Untrained developers"
    WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE_KIB}
    WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section /o "Icon on the desktop" Desktop
    SetOutPath "$PROFILE"
    CreateShortcut "$DESKTOP\Untrained.lnk" "$INSTDIR\untrained.exe" "" "$INSTDIR\untrained.ico"
SectionEnd

; Studies and settings stay.
Section "Uninstall"
    Delete "$SMPROGRAMS\Untrained.lnk"
    Delete "$DESKTOP\Untrained.lnk"
    Delete "$INSTDIR\untrained.exe"
    Delete "$INSTDIR\untrained.com"
    Delete "$INSTDIR\untrained.ico"
    Delete "$INSTDIR\LICENSE.txt"
    Delete "$INSTDIR\README.md"
    Delete "$INSTDIR\CHANGELOG.md"
    Delete "$INSTDIR\THIRD-PARTY.txt"
    RMDir /r "$INSTDIR\docs"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    !insertmacro OpenWithout "untrained-space"
    !insertmacro OpenWithout "untrained-job"
    !insertmacro OpenWithout "untrained-study"
    !insertmacro TypesChanged
    DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\untrained.exe"
    DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
