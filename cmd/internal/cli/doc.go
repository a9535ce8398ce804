// Package cli is what the command lines of lfn and lfnview share: how a program starts and ends, values of flags, and
// how a model, a data set or a device is found by its name.
//
//	func main() {
//		root := &cobra.Command{Use: "hello", RunE: func(cmd *cobra.Command, _ []string) error {
//			return cli.PrintJSON(cmd.OutOrStdout(), "hello")
//		}}
//		cli.NewProgram(root).Main()
//	}
//
// Results go to stdout, everything else to stderr. The exit status is one of [ExitDone] and its like.
package cli
