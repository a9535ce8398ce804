package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// UsageError is an error of the command line itself.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef makes an error of the command line.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// Args accepts min to max arguments, named in what it says when there are more or fewer.
func Args(min, max int, names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < min || len(args) > max {
			return Usagef("%d arguments, want %s", len(args), names)
		}
		return nil
	}
}

// flagError is err, with what a value should have been in the place of what strconv and time say of it.
func flagError(err error) error {
	text := err.Error()
	var number *strconv.NumError
	if errors.As(err, &number) {
		want := map[string]string{"ParseFloat": "want a number", "ParseUint": "want a whole number, 0 or more"}[number.Func]
		if want == "" {
			want = "want a whole number"
		}
		if errors.Is(number, strconv.ErrRange) {
			want = "it is out of range, " + want
		}
		return errors.New(strings.Replace(text, number.Error(), want, 1))
	}
	if before, _, ok := strings.Cut(text, " flag: time: "); ok {
		return errors.New(before + " flag: want a duration, as 90s or 10m")
	}
	return err
}
