// total sums, for each ray of this invocation, a value over the invocations that share it. It ends with all of
// them past their last reading of act.
void total({{range $r := seq .Rays}}{{if $r}}, {{end}}inout float s{{$r}}{{end}}) {
{{- range $r := seq .Rays}}
    red[tx * RAYS + ty * {{$.Rays}} + {{$r}}] = s{{$r}};{{end}}
    sync();
    float sum = 0.0;
    for (int t = part; t < TX; t += PARTS) {
        sum += red[t * RAYS + ray];
    }
    red[part * RAYS + ray] = sum;
    sync();{{range $r := seq .Rays}}
    s{{$r}} = 0.0;{{end}}
    for (int t = 0; t < PARTS; t++) {
{{- range $r := seq .Rays}}
        s{{$r}} += red[t * RAYS + ty * {{$.Rays}} + {{$r}}];{{end}}
    }
}
