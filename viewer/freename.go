package viewer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// FreeName is the name of a file, or one like it where that is taken: a-2.png after a.png, or after a sequence of
// pictures of that name, which is numbered from 0.
func FreeName(file string) string {
	ext := filepath.Ext(file)
	base := strings.TrimSuffix(file, ext)
	name := file
	for i := 2; exists(name) || exists(strings.TrimSuffix(name, ext)+"-0000"+ext); i++ {
		name = fmt.Sprintf("%s-%d%s", base, i, ext)
	}
	return name
}

// exists says whether something has the name; a link that leads nowhere is something.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// absolute is the name of a file from wherever one looks.
func absolute(file string) string {
	if path, err := filepath.Abs(file); err == nil {
		return path
	}
	return file
}
