// total sums, for each ray of this invocation, a value over the invocations that share it, {{.Across}} of them side by side
// in a subgroup. It ends with all of them past their last reading of act.
void total({{range $r := seq .Rays}}{{if $r}}, {{end}}inout float s{{$r}}{{end}}) {
{{- range $r := seq .Rays}}
    s{{$r}} = subgroupClusteredAdd(s{{$r}}, {{$.Across}});{{end}}{{if gt .TX .Across}}
    if (tx % {{.Across}} == 0) {
{{- range $r := seq .Rays}}
        red[tx / {{$.Across}} * RAYS + ty * {{$.Rays}} + {{$r}}] = s{{$r}};{{end}}
    }
    sync();{{range $r := seq .Rays}}
    s{{$r}} = 0.0;{{end}}
    for (int t = 0; t < TX / {{.Across}}; t++) {
{{- range $r := seq .Rays}}
        s{{$r}} += red[t * RAYS + ty * {{$.Rays}} + {{$r}}];{{end}}
    }{{else}}
    sync();{{end}}
}
