// @ts-self-types="./acorn.d.mts"
// What is used of npm:acorn@8.19.0, written by "deno task vendor". Its licence is in acorn.LICENSE.
var astralIdentifierCodes=[509,0,227,0,150,4,294,9,1368,2,2,1,6,3,41,2,5,0,166,1,574,3,9,9,7,9,32,4,318,1,31,4,33,15,71,
10,50,3,123,2,54,14,32,10,3,1,11,3,46,10,8,0,46,9,7,2,37,13,2,9,6,1,45,0,13,2,49,13,9,3,2,11,83,11,7,0,3,0,158,11,6,9,7,
3,56,1,2,6,3,1,3,2,10,0,11,1,3,6,4,4,68,8,2,0,3,0,2,3,2,4,2,0,15,1,83,17,10,9,5,0,82,19,13,9,214,6,3,8,28,1,83,16,16,9,82,
12,9,9,7,19,58,14,5,9,243,14,166,9,71,5,2,1,3,3,2,0,2,1,13,9,120,6,3,6,4,0,29,9,41,6,2,3,9,0,10,10,47,15,199,7,137,9,54,
7,2,7,17,9,57,21,2,13,123,5,4,0,2,1,2,6,2,0,9,9,49,4,2,1,2,4,9,9,55,9,7,0,259,3,10,1,2,0,49,6,4,4,14,10,5350,0,7,14,11465,
27,2343,9,87,9,39,4,60,6,26,9,535,9,470,0,2,54,8,3,82,0,12,1,19628,1,4178,9,519,45,3,22,481,1,61,4,4,5,9,7,3,6,31,3,149,
2,12,2,9,1,3,0,33,1,1357,49,513,54,5,49,9,0,15,0,23,4,2,14,1361,6,2,16,3,6,2,1,2,4,101,0,161,6,10,9,357,0,62,13,499,13,245,
1,2,9,233,0,3,0,8,1,6,0,475,6,110,6,6,9,4759,9,787719,239],astralIdentifierStartCodes=[0,11,2,25,2,18,2,1,2,14,3,13,35,122,
70,52,268,28,4,48,48,31,14,29,6,37,11,29,3,35,5,7,2,4,43,157,19,35,5,35,5,39,9,51,13,10,2,14,2,6,2,1,2,10,2,14,2,6,2,1,4,
51,13,310,10,21,11,7,25,5,2,41,2,13,65,5,3,0,2,43,2,1,4,0,3,22,11,22,10,30,66,18,2,1,11,21,11,25,7,25,39,55,7,1,65,0,16,
3,2,2,2,28,43,28,4,28,36,7,2,27,28,53,11,21,11,18,14,17,111,72,56,50,14,50,14,35,39,27,10,22,251,41,7,1,17,5,18,21,18,28,
11,0,9,21,43,17,47,20,28,22,13,52,58,1,3,0,14,44,33,24,27,35,30,0,3,0,9,34,4,0,13,47,15,3,22,0,2,0,36,17,2,24,20,1,64,6,
2,0,2,3,2,14,2,9,8,46,39,7,3,1,3,21,2,6,2,1,2,4,4,0,19,0,13,4,31,9,2,0,3,0,2,37,2,0,26,0,2,0,45,52,19,3,21,2,31,47,21,1,
2,0,185,46,42,3,37,47,21,0,60,42,14,0,72,26,38,6,186,43,117,63,32,7,3,0,3,7,2,1,2,23,16,0,2,0,95,7,3,38,17,0,2,0,29,0,11,
39,8,0,22,0,12,45,20,0,19,72,18,0,182,32,32,8,2,36,18,0,50,29,113,6,2,1,2,37,22,0,26,5,2,1,2,31,15,0,24,43,22,0,239,18,16,
0,2,12,2,33,125,0,80,921,103,111,6,206,13,310,2314,96,16,1071,18,5,26,3994,6,582,6842,29,1763,568,8,30,18,78,18,29,19,47,
17,3,32,20,6,18,433,44,212,63,33,24,3,24,45,74,6,0,67,12,65,1,2,0,15,4,10,7386,37,33,96,114,14,913,15,50,7710,3,2,6,2,1,
2,296,10,0,30,2,3,0,15,4,8,395,2309,106,6,12,4,8,8,9,5991,84,2,70,2,1,3,0,3,1,3,3,2,11,2,0,2,6,2,64,2,3,3,7,2,6,2,27,2,3,
2,4,2,0,4,6,2,340,2,24,2,24,2,30,2,24,2,30,2,24,2,30,2,24,2,30,2,24,2,7,1845,129,15,6,55,50,49,61,147,44,11,6,17,0,322,29,
19,43,485,27,229,29,3,0,208,30,2,2,2,1,2,6,3,4,10,1,225,6,2,3,2,1,2,14,2,196,60,67,8,0,1205,3,2,26,2,1,2,0,3,0,2,9,2,3,2,
0,2,0,7,0,5,0,2,0,2,0,2,2,2,1,2,0,3,0,2,0,2,0,2,0,2,0,2,1,2,0,3,3,2,6,2,3,2,3,2,0,2,9,2,16,6,2,2,4,2,16,4421,42719,33,4382,
2,5773,3,7472,16,621,2467,541,1507,4938,6,8489,39815,11327],nonASCIIidentifierChars="‌‍·̀-ͯ·҃-֑҇-ׇֽֿׁׂׅׄ-׉ؐ-ًؚ-٩ٰۖ-ۜ۟-ۤۧ\
۪ۨ-ۭ۰-۹ܑܰ-݊ަ-ް߀-߉߫-߽߳ࠖ-࠙ࠛ-ࠣࠥ-ࠧࠩ-࡙࠭-࡛ࢗ-࢟࣊-ࣣ࣡-ःऺ-़ा-ॏ॑-ॗॢॣ०-९ঁ-ঃ়া-ৄেৈো-্ৗৢৣ০-৯৾ਁ-ਃ਼ਾ-ੂੇੈੋ-੍ੑ੦-ੱੵઁ-ઃ઼ા-ૅે-ૉો-્ૢૣ૦-૯ૺ-૿ଁ-ଃ଼\
ା-ୄେୈୋ-୍୓-ୗୢୣ୦-୯ஂா-ூெ-ைொ-்ௗ௦-௯ఀ-ఄ఼ా-ౄె-ైొ-్ౕౖౢౣ౦-౯ಁ-ಃ಼ಾ-ೄೆ-ೈೊ-್ೕೖೢೣ೦-೯ೳഀ-ഃ഻഼ാ-ൄെ-ൈൊ-്ൗൢൣ൦-൯ඁ-ඃ්ා-ුූෘ-ෟ෦-෯ෲෳัิ-ฺ็-๎๐-๙ັິ-\
ຼ່-໎໐-໙༘༙༠-༩༹༵༷༾༿ཱ-྄྆྇ྍ-ྗྙ-ྼ࿆ါ-ှ၀-၉ၖ-ၙၞ-ၠၢ-ၤၧ-ၭၱ-ၴႂ-ႍႏ-ႝ፝-፟፩-፱ᜒ-᜕ᜲ-᜴ᝒᝓᝲᝳ឴-៓៝០-៩᠋-᠍᠏-᠙ᢩᤠ-ᤫᤰ-᤻᥆-᥏᧐-᧚ᨗ-ᨛᩕ-ᩞ᩠-᩿᩼-᪉᪐-᪙᪰-᪽ᪿ-᫰ᬀ\
-ᬄ᬴-᭄᭐-᭙᭫-᭳ᮀ-ᮂᮡ-ᮭ᮰-᮹᯦-᯳ᰤ-᰷᱀-᱉᱐-᱙᳐-᳔᳒-᳨᳭᳴᳷-᳹᷀-᷿‌‍‿⁀⁔⃐-⃥⃜⃡-⃰⳯-⵿⳱ⷠ-〪ⷿ-゙゚〯・꘠-꘩꙯ꙴ-꙽ꚞꚟ꛰꛱ꠂ꠆ꠋꠣ-ꠧ꠬ꢀꢁꢴ-ꣅ꣐-꣙꣠-꣱ꣿ-꤉ꤦ-꤭ꥇ-꥓ꦀ-ꦃ꦳-꧀꧐-꧙ꧥ꧰\
-꧹ꨩ-ꨶꩃꩌꩍ꩐-꩙ꩻ-ꩽꪰꪲ-ꪴꪷꪸꪾ꪿꫁ꫫ-ꫯꫵ꫶ꯣ-ꯪ꯬꯭꯰-꯹ﬞ︀-️︠-︯︳︴﹍-﹏０-９＿･",
nonASCIIidentifierStartChars="ªµºÀ-ÖØ-öø-ˁˆ-ˑˠ-ˤˬˮͰ-ʹͶͷͺ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ՘ՙՠ-ֈ֋֌א-תׯ-ײؠ-يٮٯٱ-ۓەۥۦۮۯۺ-ۼۿܐܒ-ܯݍ-ޥޱߊ-ߪ\
ߴߵߺࠀ-ࠕࠚࠤࠨࡀ-ࡘࡠ-ࡪࡰ-ࢇࢉ-࢏ࢠ-ࣉऄ-हऽॐक़-ॡॱ-ঀঅ-ঌএঐও-নপ-রলশ-হঽৎড়ঢ়য়-ৡৰৱৼਅ-ਊਏਐਓ-ਨਪ-ਰਲਲ਼ਵਸ਼ਸਹਖ਼-ੜਫ਼ੲ-ੴઅ-ઍએ-ઑઓ-નપ-રલળવ-હઽૐૠૡૹଅ-ଌଏଐଓ-ନପ-ରଲଳଵ\
-ହଽଡ଼ଢ଼ୟ-ୡୱஃஅ-ஊஎ-ஐஒ-கஙசஜஞடணதந-பம-ஹௐఅ-ఌఎ-ఐఒ-నప-హఽౘ-ౚ౜ౝౠౡಀಅ-ಌಎ-ಐಒ-ನಪ-ಳವ-ಹಽ೜-ೞೠೡೱೲഄ-ഌഎ-ഐഒ-ഺഽൎൔ-ൖൟ-ൡൺ-ൿඅ-ඖක-නඳ-රලව-ෆก-ะาำเ-ๆກຂ\
ຄຆ-ຊຌ-ຣລວ-ະາຳຽເ-ໄໆໜ-ໟༀཀ-ཇཉ-ཬྈ-ྌက-ဪဿၐ-ၕၚ-ၝၡၥၦၮ-ၰၵ-ႁႎႠ-ჅჇჍა-ჺჼ-ቈቊ-ቍቐ-ቖቘቚ-ቝበ-ኈኊ-ኍነ-ኰኲ-ኵኸ-ኾዀዂ-ዅወ-ዖዘ-ጐጒ-ጕጘ-ፚᎀ-ᎏᎠ-Ᏽᏸ-ᏽᐁ-ᙬᙯ-ᙿᚁ-\
ᚚᚠ-ᛪᛮ-ᛸᜀ-ᜑᜟ-ᜱᝀ-ᝑᝠ-ᝬᝮ-ᝰក-ឳៗៜᠠ-ᡸᢀ-ᢨᢪᢰ-ᣵᤀ-ᤞᥐ-ᥭᥰ-ᥴᦀ-ᦫᦰ-ᧉᨀ-ᨖᨠ-ᩔᪧᬅ-ᬳᭅ-ᭌᮃ-ᮠᮮᮯᮺ-ᯥᰀ-ᰣᱍ-ᱏᱚ-ᱽᲀ-ᲊᲐ-ᲺᲽ-Ჿᳩ-ᳬᳮ-ᳳᳵᳶᳺᴀ-ᶿḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛ\
ὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼⁱⁿ₏-₟ℂℇℊ-ℓℕ℘-ℝℤΩℨK-ℹℼ-ℿⅅ-ⅉⅎⅠ-ↈⰀ-ⳤⳫ-ⳮⳲⳳⴀ-ⴥⴧⴭⴰ-ⵧⵯⶀ-ⶖⶠ-ⶦⶨ-ⶮⶰ-ⶶⶸ-ⶾⷀ-ⷆⷈ-ⷎⷐ-ⷖⷘ-ⷞ々-〇〡-〩〱-〵〸-〼ぁ-\
ゖ゛-ゟァ-ヺー-ヿㄅ-ㄯㄱ-ㆎㆠ-ㆿㇰ-ㇿ㐀-䶿一-ꒌꓐ-ꓽꔀ-ꘌꘐ-ꘟꘪꘫꙀ-ꙮꙿ-ꚝꚠ-ꛯꜗ-ꜟꜢ-ꞈꞋ-꟝꟢꟱-ꠁꠃ-ꠅꠇ-ꠊꠌ-ꠢꡀ-ꡳꢂ-ꢳꣲ-ꣷꣻꣽꣾꤊ-ꤥꤰ-ꥆꥠ-ꥼꦄ-ꦲꧏꧠ-ꧤꧦ-ꧯꧺ-ꧾꨀ-ꨨꩀ-ꩂꩄ-ꩋꩠ-ꩶꩺꩾ-ꪯ\
ꪱꪵꪶꪹ-ꪽꫀꫂꫛ-ꫝꫠ-ꫪꫲ-ꫴꬁ-ꬆꬉ-ꬎꬑ-ꬖꬠ-ꬦꬨ-ꬮꬰ-ꭚꭜ-ꭩ꭬꭭ꭰ-ꯢ가-힣ힰ-ퟆퟋ-ퟻ豈-舘並-龎ﬀ-ﬆﬓ-ﬗיִײַ-ﬨשׁ-זּטּ-לּמּנּסּףּפּצּ-ﮱﯓ-ﴽﵐ-ﶏﶒ-ﷇﷰ-ﷻﹰ-ﹴﹶ-ﻼＡ-Ｚａ-ｚｦ-ﾾￂ-ￇￊ-ￏￒ-ￗￚ-\
ￜ",reservedWords={3:"abstract boolean byte char class double enum export extends final float goto implements import in\
t interface long native package private protected public short static super synchronized throws transient volatile",5:"c\
lass enum extends super const export import",6:"enum",strict:"implements interface let package private protected public \
static yield",strictBind:"eval arguments"},ecma5AndLessKeywords="break case catch continue debugger default do else fina\
lly for function if return switch throw try var while with null true false instanceof typeof void delete new in this",keywords$1={
5:ecma5AndLessKeywords,"5module":ecma5AndLessKeywords+" export import",6:ecma5AndLessKeywords+" const class extends expo\
rt import super"},keywordRelationalOperator=/^in(stanceof)?$/,nonASCIIidentifierStart=new RegExp("["+nonASCIIidentifierStartChars+
"]"),nonASCIIidentifier=new RegExp("["+nonASCIIidentifierStartChars+nonASCIIidentifierChars+"]");function isInAstralSet(code,set){
for(var pos=65536,i2=0;i2<set.length;i2+=2){if(pos+=set[i2],pos>code)return!1;if(pos+=set[i2+1],pos>=code)return!0}return!1}
function isIdentifierStart(code,astral){return code<65?code===36:code<91?!0:code<97?code===95:code<123?!0:code<=65535?code>=
170&&nonASCIIidentifierStart.test(String.fromCharCode(code)):astral===!1?!1:isInAstralSet(code,astralIdentifierStartCodes)}
function isIdentifierChar(code,astral){return code<48?code===36:code<58?!0:code<65?!1:code<91?!0:code<97?code===95:code<
123?!0:code<=65535?code>=170&&nonASCIIidentifier.test(String.fromCharCode(code)):astral===!1?!1:isInAstralSet(code,astralIdentifierStartCodes)||
isInAstralSet(code,astralIdentifierCodes)}var TokenType=function(label,conf){conf===void 0&&(conf={}),this.label=label,this.
keyword=conf.keyword,this.beforeExpr=!!conf.beforeExpr,this.startsExpr=!!conf.startsExpr,this.isLoop=!!conf.isLoop,this.
isAssign=!!conf.isAssign,this.prefix=!!conf.prefix,this.postfix=!!conf.postfix,this.binop=conf.binop||null,this.updateContext=
null};function binop(name,prec){return new TokenType(name,{beforeExpr:!0,binop:prec})}var beforeExpr={beforeExpr:!0},startsExpr={
startsExpr:!0},keywords={};function kw(name,options){return options===void 0&&(options={}),options.keyword=name,keywords[name]=
new TokenType(name,options)}var types$1={num:new TokenType("num",startsExpr),regexp:new TokenType("regexp",startsExpr),string:new TokenType(
"string",startsExpr),name:new TokenType("name",startsExpr),privateId:new TokenType("privateId",startsExpr),eof:new TokenType(
"eof"),bracketL:new TokenType("[",{beforeExpr:!0,startsExpr:!0}),bracketR:new TokenType("]"),braceL:new TokenType("{",{beforeExpr:!0,
startsExpr:!0}),braceR:new TokenType("}"),parenL:new TokenType("(",{beforeExpr:!0,startsExpr:!0}),parenR:new TokenType("\
)"),comma:new TokenType(",",beforeExpr),semi:new TokenType(";",beforeExpr),colon:new TokenType(":",beforeExpr),dot:new TokenType(
"."),question:new TokenType("?",beforeExpr),questionDot:new TokenType("?."),arrow:new TokenType("=>",beforeExpr),template:new TokenType(
"template"),invalidTemplate:new TokenType("invalidTemplate"),ellipsis:new TokenType("...",beforeExpr),backQuote:new TokenType(
"`",startsExpr),dollarBraceL:new TokenType("${",{beforeExpr:!0,startsExpr:!0}),eq:new TokenType("=",{beforeExpr:!0,isAssign:!0}),
assign:new TokenType("_=",{beforeExpr:!0,isAssign:!0}),incDec:new TokenType("++/--",{prefix:!0,postfix:!0,startsExpr:!0}),
prefix:new TokenType("!/~",{beforeExpr:!0,prefix:!0,startsExpr:!0}),logicalOR:binop("||",1),logicalAND:binop("&&",2),bitwiseOR:binop(
"|",3),bitwiseXOR:binop("^",4),bitwiseAND:binop("&",5),equality:binop("==/!=/===/!==",6),relational:binop("</>/<=/>=",7),
bitShift:binop("<</>>/>>>",8),plusMin:new TokenType("+/-",{beforeExpr:!0,binop:9,prefix:!0,startsExpr:!0}),modulo:binop(
"%",10),star:binop("*",10),slash:binop("/",10),starstar:new TokenType("**",{beforeExpr:!0}),coalesce:binop("??",1),_break:kw(
"break"),_case:kw("case",beforeExpr),_catch:kw("catch"),_continue:kw("continue"),_debugger:kw("debugger"),_default:kw("d\
efault",beforeExpr),_do:kw("do",{isLoop:!0,beforeExpr:!0}),_else:kw("else",beforeExpr),_finally:kw("finally"),_for:kw("f\
or",{isLoop:!0}),_function:kw("function",startsExpr),_if:kw("if"),_return:kw("return",beforeExpr),_switch:kw("switch"),_throw:kw(
"throw",beforeExpr),_try:kw("try"),_var:kw("var"),_const:kw("const"),_while:kw("while",{isLoop:!0}),_with:kw("with"),_new:kw(
"new",{beforeExpr:!0,startsExpr:!0}),_this:kw("this",startsExpr),_super:kw("super",startsExpr),_class:kw("class",startsExpr),
_extends:kw("extends",beforeExpr),_export:kw("export"),_import:kw("import",startsExpr),_null:kw("null",startsExpr),_true:kw(
"true",startsExpr),_false:kw("false",startsExpr),_in:kw("in",{beforeExpr:!0,binop:7}),_instanceof:kw("instanceof",{beforeExpr:!0,
binop:7}),_typeof:kw("typeof",{beforeExpr:!0,prefix:!0,startsExpr:!0}),_void:kw("void",{beforeExpr:!0,prefix:!0,startsExpr:!0}),
_delete:kw("delete",{beforeExpr:!0,prefix:!0,startsExpr:!0})},lineBreak=/\r\n?|\n|\u2028|\u2029/,lineBreakG=new RegExp(lineBreak.
source,"g");function isNewLine(code){return code===10||code===13||code===8232||code===8233}function nextLineBreak(code,from,end){
end===void 0&&(end=code.length);for(var i2=from;i2<end;i2++){var next=code.charCodeAt(i2);if(isNewLine(next))return i2<end-
1&&next===13&&code.charCodeAt(i2+1)===10?i2+2:i2+1}return-1}var nonASCIIwhitespace=/[\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]/,
skipWhiteSpace=/(?:\s|\/\/.*|\/\*[^]*?\*\/)*/g,ref=Object.prototype,hasOwnProperty=ref.hasOwnProperty,toString=ref.toString,
hasOwn=Object.hasOwn||(function(obj,propName){return hasOwnProperty.call(obj,propName)}),isArray=Array.isArray||(function(obj){
return toString.call(obj)==="[object Array]"}),regexpCache=Object.create(null);function wordsRegexp(words){return regexpCache[words]||
(regexpCache[words]=new RegExp("^(?:"+words.replace(/ /g,"|")+")$"))}function codePointToString(code){return code<=65535?
String.fromCharCode(code):(code-=65536,String.fromCharCode((code>>10)+55296,(code&1023)+56320))}var loneSurrogate=/(?:[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?:[^\uD800-\uDBFF]|^)[\uDC00-\uDFFF])/,
Position=function(line,col){this.line=line,this.column=col};Position.prototype.offset=function(n){return new Position(this.
line,this.column+n)};var SourceLocation=function(p,start,end){this.start=start,this.end=end,p.sourceFile!==null&&(this.source=
p.sourceFile)};function getLineInfo(input,offset2){for(var line=1,cur=0;;){var nextBreak=nextLineBreak(input,cur,offset2);
if(nextBreak<0)return new Position(line,offset2-cur);++line,cur=nextBreak}}var defaultOptions={ecmaVersion:null,sourceType:"\
script",strict:!1,onInsertedSemicolon:null,onTrailingComma:null,allowReserved:null,allowReturnOutsideFunction:!1,allowImportExportEverywhere:!1,
allowAwaitOutsideFunction:null,allowSuperOutsideMethod:null,allowHashBang:!1,checkPrivateFields:!0,locations:!1,startLocation:null,
onToken:null,onComment:null,ranges:!1,program:null,sourceFile:null,directSourceFile:null,preserveParens:!1},warnedAboutEcmaVersion=!1;
function getOptions(opts){var options={};for(var opt in defaultOptions)options[opt]=opts&&hasOwn(opts,opt)?opts[opt]:defaultOptions[opt];
if(options.ecmaVersion==="latest"?options.ecmaVersion=1e8:options.ecmaVersion==null?(!warnedAboutEcmaVersion&&typeof console==
"object"&&console.warn&&(warnedAboutEcmaVersion=!0,console.warn(`Since Acorn 8.0.0, options.ecmaVersion is required.
Defaulting to 2020, but this will stop working in the future.`)),options.ecmaVersion=11):options.ecmaVersion>=2015&&(options.
ecmaVersion-=2009),options.allowReserved==null&&(options.allowReserved=options.ecmaVersion<5),(!opts||opts.allowHashBang==
null)&&(options.allowHashBang=options.ecmaVersion>=14),isArray(options.onToken)){var tokens=options.onToken;options.onToken=
function(token){return tokens.push(token)}}if(isArray(options.onComment)&&(options.onComment=pushComment(options,options.
onComment)),options.sourceType==="commonjs"&&options.allowAwaitOutsideFunction)throw new Error("Cannot use allowAwaitOut\
sideFunction with sourceType: commonjs");return options}function pushComment(options,array){return function(block,text,start,end,startLoc,endLoc){
var comment={type:block?"Block":"Line",value:text,start,end};options.locations&&(comment.loc=new SourceLocation(this,startLoc,
endLoc)),options.ranges&&(comment.range=[start,end]),array.push(comment)}}var SCOPE_TOP=1,SCOPE_FUNCTION=2,SCOPE_ASYNC=4,
SCOPE_GENERATOR=8,SCOPE_ARROW=16,SCOPE_SIMPLE_CATCH=32,SCOPE_SUPER=64,SCOPE_DIRECT_SUPER=128,SCOPE_CLASS_STATIC_BLOCK=256,
SCOPE_CLASS_FIELD_INIT=512,SCOPE_SWITCH=1024,SCOPE_VAR=SCOPE_TOP|SCOPE_FUNCTION|SCOPE_CLASS_STATIC_BLOCK;function functionFlags(async,generator){
return SCOPE_FUNCTION|(async?SCOPE_ASYNC:0)|(generator?SCOPE_GENERATOR:0)}var BIND_NONE=0,BIND_VAR=1,BIND_LEXICAL=2,BIND_FUNCTION=3,
BIND_SIMPLE_CATCH=4,BIND_OUTSIDE=5,Parser=function(options,input,startPos){this.options=options=getOptions(options),this.
sourceFile=options.sourceFile,this.keywords=wordsRegexp(keywords$1[options.ecmaVersion>=6?6:options.sourceType==="module"?
"5module":5]);var reserved="";options.allowReserved!==!0&&(reserved=reservedWords[options.ecmaVersion>=6?6:options.ecmaVersion===
5?5:3],options.sourceType==="module"&&(reserved+=" await")),this.reservedWords=wordsRegexp(reserved);var reservedStrict=(reserved?
reserved+" ":"")+reservedWords.strict;this.reservedWordsStrict=wordsRegexp(reservedStrict),this.reservedWordsStrictBind=
wordsRegexp(reservedStrict+" "+reservedWords.strictBind),this.input=String(input),this.containsEsc=!1,this.pos=startPos||
0,this.curLine=1,options.startLocation?(this.lineStart=this.pos-options.startLocation.column,this.curLine=options.startLocation.
line):startPos?(this.lineStart=this.input.lastIndexOf(`
`,startPos-1)+1,this.options.locations&&(this.curLine=this.input.slice(0,this.lineStart).split(lineBreak).length)):this.
lineStart=0,this.type=types$1.eof,this.value=null,this.start=this.end=this.pos,this.startLoc=this.endLoc=this.curPosition(),
this.lastTokEndLoc=this.lastTokStartLoc=null,this.lastTokStart=this.lastTokEnd=this.pos,this.context=this.initialContext(),
this.exprAllowed=!0,this.inModule=options.sourceType==="module",this.strict=this.inModule||options.strict===!0||this.strictDirective(
this.pos),this.potentialArrowAt=-1,this.potentialArrowInForAwait=!1,this.yieldPos=this.awaitPos=this.awaitIdentPos=0,this.
labels=[],this.undefinedExports=Object.create(null),this.pos===0&&options.allowHashBang&&this.input.slice(0,2)==="#!"&&this.
skipLineComment(2),this.scopeStack=[],this.enterScope(this.options.sourceType==="commonjs"?SCOPE_FUNCTION:SCOPE_TOP),this.
regexpState=null,this.privateNameStack=[]},prototypeAccessors={inFunction:{configurable:!0},inGenerator:{configurable:!0},
inAsync:{configurable:!0},canAwait:{configurable:!0},allowReturn:{configurable:!0},allowSuper:{configurable:!0},allowDirectSuper:{
configurable:!0},treatFunctionsAsVar:{configurable:!0},allowNewDotTarget:{configurable:!0},allowUsing:{configurable:!0},
inClassStaticBlock:{configurable:!0}};Parser.prototype.parse=function(){var this$1$1=this,node=this.options.program||this.
startNode();return this.nextToken(),this.catchStackOverflow(function(){return this$1$1.parseTopLevel(node)})};prototypeAccessors.
inFunction.get=function(){return(this.currentVarScope().flags&SCOPE_FUNCTION)>0};prototypeAccessors.inGenerator.get=function(){
return(this.currentVarScope().flags&SCOPE_GENERATOR)>0};prototypeAccessors.inAsync.get=function(){return(this.currentVarScope().
flags&SCOPE_ASYNC)>0};prototypeAccessors.canAwait.get=function(){for(var i2=this.scopeStack.length-1;i2>=0;i2--){var ref2=this.
scopeStack[i2],flags=ref2.flags;if(flags&(SCOPE_CLASS_STATIC_BLOCK|SCOPE_CLASS_FIELD_INIT))return!1;if(flags&SCOPE_FUNCTION)
return(flags&SCOPE_ASYNC)>0}return this.inModule&&this.options.ecmaVersion>=13||this.options.allowAwaitOutsideFunction};
prototypeAccessors.allowReturn.get=function(){return!!(this.inFunction||this.options.allowReturnOutsideFunction&&this.currentVarScope().
flags&SCOPE_TOP)};prototypeAccessors.allowSuper.get=function(){var ref2=this.currentThisScope(),flags=ref2.flags;return(flags&
SCOPE_SUPER)>0||this.options.allowSuperOutsideMethod};prototypeAccessors.allowDirectSuper.get=function(){return(this.currentThisScope().
flags&SCOPE_DIRECT_SUPER)>0};prototypeAccessors.treatFunctionsAsVar.get=function(){return this.treatFunctionsAsVarInScope(
this.currentScope())};prototypeAccessors.allowNewDotTarget.get=function(){for(var i2=this.scopeStack.length-1;i2>=0;i2--){
var ref2=this.scopeStack[i2],flags=ref2.flags;if(flags&(SCOPE_CLASS_STATIC_BLOCK|SCOPE_CLASS_FIELD_INIT)||flags&SCOPE_FUNCTION&&
!(flags&SCOPE_ARROW))return!0}return!1};prototypeAccessors.allowUsing.get=function(){var ref2=this.currentScope(),flags=ref2.
flags;return!(flags&SCOPE_SWITCH||!this.inModule&&flags&SCOPE_TOP)};prototypeAccessors.inClassStaticBlock.get=function(){
return(this.currentVarScope().flags&SCOPE_CLASS_STATIC_BLOCK)>0};Parser.extend=function(){for(var plugins=[],len=arguments.
length;len--;)plugins[len]=arguments[len];for(var cls=this,i2=0;i2<plugins.length;i2++)cls=plugins[i2](cls);return cls};
Parser.parse=function(input,options){return new this(options,input).parse()};Parser.parseExpressionAt=function(input,pos,options){
var parser=new this(options,input,pos);return parser.nextToken(),parser.parseExpression()};Parser.tokenizer=function(input,options){
return new this(options,input)};Object.defineProperties(Parser.prototype,prototypeAccessors);var pp$9=Parser.prototype,literal=/^(?:'((?:\\[^]|[^'\\])*?)'|"((?:\\[^]|[^"\\])*?)")/;
pp$9.strictDirective=function(start){if(this.options.ecmaVersion<5)return!1;for(;;){skipWhiteSpace.lastIndex=start,start+=
skipWhiteSpace.exec(this.input)[0].length;var match=literal.exec(this.input.slice(start));if(!match)return!1;if((match[1]||
match[2])==="use strict"){skipWhiteSpace.lastIndex=start+match[0].length;var spaceAfter=skipWhiteSpace.exec(this.input),
end=spaceAfter.index+spaceAfter[0].length,next=this.input.charAt(end);return next===";"||next==="}"||lineBreak.test(spaceAfter[0])&&
!(/[(`.[+\-/*%<>=,?^&]/.test(next)||next==="!"&&this.input.charAt(end+1)==="="||next==="i"&&keywordOpAt(this,end))}start+=
match[0].length,skipWhiteSpace.lastIndex=start,start+=skipWhiteSpace.exec(this.input)[0].length,this.input[start]===";"&&
start++}};function keywordOpAt(parser,pos){for(var end=pos+1,stop=Math.min(parser.input.length,pos+11);end<stop;){var ch=parser.
fullCharCodeAt(end);if(!isIdentifierChar(ch,!0))break;end+=ch<=65535?1:2}return end===pos+2&&parser.input.slice(pos,end)===
"in"||end===pos+10&&parser.input.slice(pos,end)==="instanceof"}pp$9.eat=function(type){return this.type===type?(this.next(),
!0):!1};pp$9.isContextual=function(name){return this.type===types$1.name&&this.value===name&&!this.containsEsc};pp$9.eatContextual=
function(name){return this.isContextual(name)?(this.next(),!0):!1};pp$9.catchStackOverflow=function(f){try{return f()}catch(e){
if(e instanceof Error&&(/\bstack\b.*\b(exceeded|overflow)\b/i.test(e.message)||/\btoo much recursion\b/i.test(e.message)))
this.raise(this.start,"Not enough stack space to parse input");else throw e}};pp$9.expectContextual=function(name){this.
eatContextual(name)||this.unexpected()};pp$9.canInsertSemicolon=function(){return this.type===types$1.eof||this.type===types$1.
braceR||lineBreak.test(this.input.slice(this.lastTokEnd,this.start))};pp$9.insertSemicolon=function(){if(this.canInsertSemicolon())
return this.options.onInsertedSemicolon&&this.options.onInsertedSemicolon(this.lastTokEnd,this.lastTokEndLoc),!0};pp$9.semicolon=
function(){!this.eat(types$1.semi)&&!this.insertSemicolon()&&this.unexpected()};pp$9.afterTrailingComma=function(tokType,notNext){
if(this.type===tokType)return this.options.onTrailingComma&&this.options.onTrailingComma(this.lastTokStart,this.lastTokStartLoc),
notNext||this.next(),!0};pp$9.expect=function(type){this.eat(type)||this.unexpected()};pp$9.unexpected=function(pos){this.
raise(pos??this.start,"Unexpected token")};var DestructuringErrors=function(){this.shorthandAssign=this.trailingComma=this.
parenthesizedAssign=this.parenthesizedBind=this.doubleProto=-1};pp$9.checkPatternErrors=function(refDestructuringErrors,isAssign){
if(refDestructuringErrors){refDestructuringErrors.trailingComma>-1&&this.raiseRecoverable(refDestructuringErrors.trailingComma,
"Comma is not permitted after the rest element");var parens=isAssign?refDestructuringErrors.parenthesizedAssign:refDestructuringErrors.
parenthesizedBind;parens>-1&&this.raiseRecoverable(parens,isAssign?"Assigning to rvalue":"Parenthesized pattern")}};pp$9.
checkExpressionErrors=function(refDestructuringErrors,andThrow){if(!refDestructuringErrors)return!1;var shorthandAssign=refDestructuringErrors.
shorthandAssign,doubleProto=refDestructuringErrors.doubleProto;if(!andThrow)return shorthandAssign>=0||doubleProto>=0;shorthandAssign>=
0&&this.raise(shorthandAssign,"Shorthand property assignments are valid only in destructuring patterns"),doubleProto>=0&&
this.raiseRecoverable(doubleProto,"Redefinition of __proto__ property")};pp$9.checkYieldAwaitInDefaultParams=function(){
this.yieldPos&&(!this.awaitPos||this.yieldPos<this.awaitPos)&&this.raise(this.yieldPos,"Yield expression cannot be a def\
ault value"),this.awaitPos&&this.raise(this.awaitPos,"Await expression cannot be a default value")};pp$9.isSimpleAssignTarget=
function(expr){return expr.type==="ParenthesizedExpression"?this.isSimpleAssignTarget(expr.expression):expr.type==="Iden\
tifier"||expr.type==="MemberExpression"};var pp$8=Parser.prototype;pp$8.parseTopLevel=function(node){var exports$1=Object.
create(null);for(node.body||(node.body=[]);this.type!==types$1.eof;){var stmt=this.parseStatement(null,!0,exports$1);node.
body.push(stmt)}if(this.inModule)for(var i2=0,list2=Object.keys(this.undefinedExports);i2<list2.length;i2+=1){var name=list2[i2];
this.raiseRecoverable(this.undefinedExports[name].start,"Export '"+name+"' is not defined")}return this.adaptDirectivePrologue(
node.body),this.next(),node.sourceType=this.options.sourceType==="commonjs"?"script":this.options.sourceType,this.finishNode(
node,"Program")};var loopLabel={kind:"loop"},switchLabel={kind:"switch"};pp$8.isLet=function(context){if(this.options.ecmaVersion<
6||!this.isContextual("let"))return!1;skipWhiteSpace.lastIndex=this.pos;var skip=skipWhiteSpace.exec(this.input),next=this.
pos+skip[0].length,nextCh=this.fullCharCodeAt(next);if(nextCh===91||nextCh===92)return!0;if(context)return!1;if(nextCh===
123)return!0;if(isIdentifierStart(nextCh)){var start=next;do next+=nextCh<=65535?1:2;while(isIdentifierChar(nextCh=this.
fullCharCodeAt(next)));if(nextCh===92)return!0;var ident=this.input.slice(start,next);if(!keywordRelationalOperator.test(
ident))return!0}return!1};pp$8.isAsyncFunction=function(){if(this.options.ecmaVersion<8||!this.isContextual("async"))return!1;
skipWhiteSpace.lastIndex=this.pos;var skip=skipWhiteSpace.exec(this.input),next=this.pos+skip[0].length,after;return!lineBreak.
test(this.input.slice(this.pos,next))&&this.input.slice(next,next+8)==="function"&&(next+8===this.input.length||!(isIdentifierChar(
after=this.fullCharCodeAt(next+8))||after===92))};pp$8.isUsingKeyword=function(isAwaitUsing,isFor){if(this.options.ecmaVersion<
17||!this.isContextual(isAwaitUsing?"await":"using"))return!1;skipWhiteSpace.lastIndex=this.pos;var skip=skipWhiteSpace.
exec(this.input),next=this.pos+skip[0].length;if(lineBreak.test(this.input.slice(this.pos,next)))return!1;if(isAwaitUsing){
var usingEndPos=next+5,after;if(this.input.slice(next,usingEndPos)!=="using"||usingEndPos===this.input.length||isIdentifierChar(
after=this.fullCharCodeAt(usingEndPos))||after===92)return!1;skipWhiteSpace.lastIndex=usingEndPos;var skipAfterUsing=skipWhiteSpace.
exec(this.input);if(next=usingEndPos+skipAfterUsing[0].length,skipAfterUsing&&lineBreak.test(this.input.slice(usingEndPos,
next)))return!1}var ch=this.fullCharCodeAt(next);if(!isIdentifierStart(ch)&&ch!==92)return!1;var idStart=next;do next+=ch<=
65535?1:2;while(isIdentifierChar(ch=this.fullCharCodeAt(next)));if(ch===92)return!0;var id=this.input.slice(idStart,next);
if(keywordRelationalOperator.test(id))return!1;if(isFor&&!isAwaitUsing&&id==="of"){skipWhiteSpace.lastIndex=next;var skipAfterOf=skipWhiteSpace.
exec(this.input);if(next=next+skipAfterOf[0].length,this.input.charCodeAt(next)!==61||(ch=this.input.charCodeAt(next+1))===
61||ch===62)return!1}return!0};pp$8.isAwaitUsing=function(isFor){return this.isUsingKeyword(!0,isFor)};pp$8.isUsing=function(isFor){
return this.isUsingKeyword(!1,isFor)};pp$8.parseStatement=function(context,topLevel,exports$1){var starttype=this.type,node=this.
startNode(),kind;switch(this.isLet(context)&&(starttype=types$1._var,kind="let"),starttype){case types$1._break:case types$1.
_continue:return this.parseBreakContinueStatement(node,starttype.keyword);case types$1._debugger:return this.parseDebuggerStatement(
node);case types$1._do:return this.parseDoStatement(node);case types$1._for:return this.parseForStatement(node);case types$1.
_function:return context&&(this.strict||context!=="if"&&context!=="label")&&this.options.ecmaVersion>=6&&this.unexpected(),
this.parseFunctionStatement(node,!1,!context);case types$1._class:return context&&this.unexpected(),this.parseClass(node,
!0);case types$1._if:return this.parseIfStatement(node);case types$1._return:return this.parseReturnStatement(node);case types$1.
_switch:return this.parseSwitchStatement(node);case types$1._throw:return this.parseThrowStatement(node);case types$1._try:
return this.parseTryStatement(node);case types$1._const:case types$1._var:return kind=kind||this.value,context&&kind!=="\
var"&&this.unexpected(),this.parseVarStatement(node,kind);case types$1._while:return this.parseWhileStatement(node);case types$1.
_with:return this.parseWithStatement(node);case types$1.braceL:return this.parseBlock(!0,node);case types$1.semi:return this.
parseEmptyStatement(node);case types$1._export:case types$1._import:if(this.options.ecmaVersion>10&&starttype===types$1.
_import){skipWhiteSpace.lastIndex=this.pos;var skip=skipWhiteSpace.exec(this.input),next=this.pos+skip[0].length,nextCh=this.
input.charCodeAt(next);if(nextCh===40||nextCh===46)return this.parseExpressionStatement(node,this.parseExpression())}return this.
options.allowImportExportEverywhere||(topLevel||this.raise(this.start,"'import' and 'export' may only appear at the top \
level"),this.inModule||this.raise(this.start,"'import' and 'export' may appear only with 'sourceType: module'")),starttype===
types$1._import?this.parseImport(node):this.parseExport(node,exports$1);default:if(this.isAsyncFunction())return context&&
this.unexpected(),this.next(),this.parseFunctionStatement(node,!0,!context);var usingKind=this.isAwaitUsing(!1)?"await u\
sing":this.isUsing(!1)?"using":null;if(usingKind)return this.allowUsing||this.raise(this.start,"Using declaration cannot\
 appear in the top level when source type is `script` or in the bare case statement"),context&&this.raise(this.start,"Us\
ing declaration is not allowed in single-statement positions"),usingKind==="await using"&&(this.canAwait||this.raise(this.
start,"Await using cannot appear outside of async function"),this.next()),this.next(),this.parseVar(node,!1,usingKind),this.
semicolon(),this.finishNode(node,"VariableDeclaration");var maybeName=this.value,expr=this.parseExpression();return starttype===
types$1.name&&expr.type==="Identifier"&&this.eat(types$1.colon)?this.parseLabeledStatement(node,maybeName,expr,context):
this.parseExpressionStatement(node,expr)}};pp$8.parseBreakContinueStatement=function(node,keyword){var isBreak=keyword===
"break";this.next(),this.eat(types$1.semi)||this.insertSemicolon()?node.label=null:this.type!==types$1.name?this.unexpected():
(node.label=this.parseIdent(),this.semicolon());for(var i2=0;i2<this.labels.length;++i2){var lab=this.labels[i2];if((node.
label==null||lab.name===node.label.name)&&(lab.kind!=null&&(isBreak||lab.kind==="loop")||node.label&&isBreak))break}return i2===
this.labels.length&&this.raise(node.start,"Unsyntactic "+keyword),this.finishNode(node,isBreak?"BreakStatement":"Continu\
eStatement")};pp$8.parseDebuggerStatement=function(node){return this.next(),this.semicolon(),this.finishNode(node,"Debug\
gerStatement")};pp$8.parseDoStatement=function(node){return this.next(),this.labels.push(loopLabel),node.body=this.parseStatement(
"do"),this.labels.pop(),this.expect(types$1._while),node.test=this.parseParenExpression(),this.options.ecmaVersion>=6?this.
eat(types$1.semi):this.semicolon(),this.finishNode(node,"DoWhileStatement")};pp$8.parseForStatement=function(node){this.
next();var awaitAt=this.options.ecmaVersion>=9&&this.canAwait&&this.eatContextual("await")?this.lastTokStart:-1;if(this.
labels.push(loopLabel),this.enterScope(0),this.expect(types$1.parenL),this.type===types$1.semi)return awaitAt>-1&&this.unexpected(
awaitAt),this.parseFor(node,null);var isLet=this.isLet();if(this.type===types$1._var||this.type===types$1._const||isLet){
var init$1=this.startNode(),kind=isLet?"let":this.value;return this.next(),this.parseVar(init$1,!0,kind),this.finishNode(
init$1,"VariableDeclaration"),this.parseForAfterInit(node,init$1,awaitAt)}var startsWithLet=this.isContextual("let"),isForOf=!1,
usingKind=this.isUsing(!0)?"using":this.isAwaitUsing(!0)?"await using":null;if(usingKind){var init$2=this.startNode();return this.
next(),usingKind==="await using"&&(this.canAwait||this.raise(this.start,"Await using cannot appear outside of async func\
tion"),this.next()),this.parseVar(init$2,!0,usingKind),this.finishNode(init$2,"VariableDeclaration"),this.parseForAfterInit(
node,init$2,awaitAt)}var containsEsc=this.containsEsc,refDestructuringErrors=new DestructuringErrors,initPos=this.start,
init=awaitAt>-1?this.parseExprSubscripts(refDestructuringErrors,"await"):this.parseExpression(!0,refDestructuringErrors);
return this.type===types$1._in||(isForOf=this.options.ecmaVersion>=6&&this.isContextual("of"))?(awaitAt>-1?(this.type===
types$1._in&&this.unexpected(awaitAt),node.await=!0):isForOf&&this.options.ecmaVersion>=8&&(init.start===initPos&&!containsEsc&&
init.type==="Identifier"&&init.name==="async"?this.unexpected():this.options.ecmaVersion>=9&&(node.await=!1)),startsWithLet&&
isForOf&&this.raise(init.start,"The left-hand side of a for-of loop may not start with 'let'."),this.toAssignable(init,!1,
refDestructuringErrors),this.checkLValPattern(init),this.parseForIn(node,init)):(this.checkExpressionErrors(refDestructuringErrors,
!0),awaitAt>-1&&this.unexpected(awaitAt),this.parseFor(node,init))};pp$8.parseForAfterInit=function(node,init,awaitAt){return(this.
type===types$1._in||this.options.ecmaVersion>=6&&this.isContextual("of"))&&init.declarations.length===1?(this.type===types$1.
_in?((init.kind==="using"||init.kind==="await using")&&!init.declarations[0].init&&this.raise(this.start,"Using declarat\
ion is not allowed in for-in loops"),this.options.ecmaVersion>=9&&awaitAt>-1&&this.unexpected(awaitAt)):this.options.ecmaVersion>=
9&&(node.await=awaitAt>-1),this.parseForIn(node,init)):(awaitAt>-1&&this.unexpected(awaitAt),this.parseFor(node,init))};
pp$8.parseFunctionStatement=function(node,isAsync,declarationPosition){return this.next(),this.parseFunction(node,FUNC_STATEMENT|
(declarationPosition?0:FUNC_HANGING_STATEMENT),!1,isAsync)};pp$8.parseIfStatement=function(node){return this.next(),node.
test=this.parseParenExpression(),node.consequent=this.parseStatement("if"),node.alternate=this.eat(types$1._else)?this.parseStatement(
"if"):null,this.finishNode(node,"IfStatement")};pp$8.parseReturnStatement=function(node){return this.allowReturn||this.raise(
this.start,"'return' outside of function"),this.next(),this.eat(types$1.semi)||this.insertSemicolon()?node.argument=null:
(node.argument=this.parseExpression(),this.semicolon()),this.finishNode(node,"ReturnStatement")};pp$8.parseSwitchStatement=
function(node){this.next(),node.discriminant=this.parseParenExpression(),node.cases=[],this.expect(types$1.braceL),this.
labels.push(switchLabel),this.enterScope(SCOPE_SWITCH);for(var cur,sawDefault=!1;this.type!==types$1.braceR;)if(this.type===
types$1._case||this.type===types$1._default){var isCase=this.type===types$1._case;cur&&this.finishNode(cur,"SwitchCase"),
node.cases.push(cur=this.startNode()),cur.consequent=[],this.next(),isCase?cur.test=this.parseExpression():(sawDefault&&
this.raiseRecoverable(this.lastTokStart,"Multiple default clauses"),sawDefault=!0,cur.test=null),this.expect(types$1.colon)}else
cur||this.unexpected(),cur.consequent.push(this.parseStatement(null));return this.exitScope(),cur&&this.finishNode(cur,"\
SwitchCase"),this.next(),this.labels.pop(),this.finishNode(node,"SwitchStatement")};pp$8.parseThrowStatement=function(node){
return this.next(),lineBreak.test(this.input.slice(this.lastTokEnd,this.start))&&this.raise(this.lastTokEnd,"Illegal new\
line after throw"),node.argument=this.parseExpression(),this.semicolon(),this.finishNode(node,"ThrowStatement")};var empty$1=[];
pp$8.parseCatchClauseParam=function(){var param=this.parseBindingAtom(),simple=param.type==="Identifier";return this.enterScope(
simple?SCOPE_SIMPLE_CATCH:0),this.checkLValPattern(param,simple?BIND_SIMPLE_CATCH:BIND_LEXICAL),this.expect(types$1.parenR),
param};pp$8.parseTryStatement=function(node){if(this.next(),node.block=this.parseBlock(),node.handler=null,this.type===types$1.
_catch){var clause=this.startNode();this.next(),this.eat(types$1.parenL)?clause.param=this.parseCatchClauseParam():(this.
options.ecmaVersion<10&&this.unexpected(),clause.param=null,this.enterScope(0)),clause.body=this.parseBlock(!1),this.exitScope(),
node.handler=this.finishNode(clause,"CatchClause")}return node.finalizer=this.eat(types$1._finally)?this.parseBlock():null,
!node.handler&&!node.finalizer&&this.raise(node.start,"Missing catch or finally clause"),this.finishNode(node,"TryStatem\
ent")};pp$8.parseVarStatement=function(node,kind,allowMissingInitializer){return this.next(),this.parseVar(node,!1,kind,
allowMissingInitializer),this.semicolon(),this.finishNode(node,"VariableDeclaration")};pp$8.parseWhileStatement=function(node){
return this.next(),node.test=this.parseParenExpression(),this.labels.push(loopLabel),node.body=this.parseStatement("whil\
e"),this.labels.pop(),this.finishNode(node,"WhileStatement")};pp$8.parseWithStatement=function(node){return this.strict&&
this.raise(this.start,"'with' in strict mode"),this.next(),node.object=this.parseParenExpression(),node.body=this.parseStatement(
"with"),this.finishNode(node,"WithStatement")};pp$8.parseEmptyStatement=function(node){return this.next(),this.finishNode(
node,"EmptyStatement")};pp$8.parseLabeledStatement=function(node,maybeName,expr,context){for(var i$1=0,list2=this.labels;i$1<
list2.length;i$1+=1){var label=list2[i$1];label.name===maybeName&&this.raise(expr.start,"Label '"+maybeName+"' is alread\
y declared")}for(var kind=this.type.isLoop?"loop":this.type===types$1._switch?"switch":null,i2=this.labels.length-1;i2>=
0;i2--){var label$1=this.labels[i2];if(label$1.statementStart===node.start)label$1.statementStart=this.start,label$1.kind=
kind;else break}return this.labels.push({name:maybeName,kind,statementStart:this.start}),node.body=this.parseStatement(context?
context.indexOf("label")===-1?context+"label":context:"label"),this.labels.pop(),node.label=expr,this.finishNode(node,"L\
abeledStatement")};pp$8.parseExpressionStatement=function(node,expr){return node.expression=expr,this.semicolon(),this.finishNode(
node,"ExpressionStatement")};pp$8.parseBlock=function(createNewLexicalScope,node,exitStrict){for(createNewLexicalScope===
void 0&&(createNewLexicalScope=!0),node===void 0&&(node=this.startNode()),node.body=[],this.expect(types$1.braceL),createNewLexicalScope&&
this.enterScope(0);this.type!==types$1.braceR;){var stmt=this.parseStatement(null);node.body.push(stmt)}return exitStrict&&
(this.strict=!1),this.next(),createNewLexicalScope&&this.exitScope(),this.finishNode(node,"BlockStatement")};pp$8.parseFor=
function(node,init){return node.init=init,this.expect(types$1.semi),node.test=this.type===types$1.semi?null:this.parseExpression(),
this.expect(types$1.semi),node.update=this.type===types$1.parenR?null:this.parseExpression(),this.expect(types$1.parenR),
node.body=this.parseStatement("for"),this.exitScope(),this.labels.pop(),this.finishNode(node,"ForStatement")};pp$8.parseForIn=
function(node,init){var isForIn=this.type===types$1._in;return this.next(),init.type==="VariableDeclaration"&&init.declarations[0].
init!=null&&(!isForIn||this.options.ecmaVersion<8||this.strict||init.kind!=="var"||init.declarations[0].id.type!=="Ident\
ifier")&&this.raise(init.start,(isForIn?"for-in":"for-of")+" loop variable declaration may not have an initializer"),node.
left=init,node.right=isForIn?this.parseExpression():this.parseMaybeAssign(),this.expect(types$1.parenR),node.body=this.parseStatement(
"for"),this.exitScope(),this.labels.pop(),this.finishNode(node,isForIn?"ForInStatement":"ForOfStatement")};pp$8.parseVar=
function(node,isFor,kind,allowMissingInitializer){for(node.declarations=[],node.kind=kind;;){var decl=this.startNode();if(this.
parseVarId(decl,kind),this.eat(types$1.eq)?decl.init=this.parseMaybeAssign(isFor):!allowMissingInitializer&&kind==="cons\
t"&&!(this.type===types$1._in||this.options.ecmaVersion>=6&&this.isContextual("of"))?this.unexpected():!allowMissingInitializer&&
(kind==="using"||kind==="await using")&&this.options.ecmaVersion>=17&&this.type!==types$1._in&&!this.isContextual("of")?
this.raise(this.lastTokEnd,"Missing initializer in "+kind+" declaration"):!allowMissingInitializer&&decl.id.type!=="Iden\
tifier"&&!(isFor&&(this.type===types$1._in||this.isContextual("of")))?this.raise(this.lastTokEnd,"Complex binding patter\
ns require an initialization value"):decl.init=null,node.declarations.push(this.finishNode(decl,"VariableDeclarator")),!this.
eat(types$1.comma))break}return node};pp$8.parseVarId=function(decl,kind){decl.id=kind==="using"||kind==="await using"?this.
parseIdent():this.parseBindingAtom(),this.checkLValPattern(decl.id,kind==="var"?BIND_VAR:BIND_LEXICAL,!1)};var FUNC_STATEMENT=1,
FUNC_HANGING_STATEMENT=2,FUNC_NULLABLE_ID=4;pp$8.parseFunction=function(node,statement,allowExpressionBody,isAsync,forInit){
this.initFunction(node),(this.options.ecmaVersion>=9||this.options.ecmaVersion>=6&&!isAsync)&&(this.type===types$1.star&&
statement&FUNC_HANGING_STATEMENT&&this.unexpected(),node.generator=this.eat(types$1.star)),this.options.ecmaVersion>=8&&
(node.async=!!isAsync),statement&FUNC_STATEMENT&&(node.id=statement&FUNC_NULLABLE_ID&&this.type!==types$1.name?null:this.
parseIdent(),node.id&&!(statement&FUNC_HANGING_STATEMENT)&&this.checkLValSimple(node.id,this.strict||node.generator||node.
async?this.treatFunctionsAsVar?BIND_VAR:BIND_LEXICAL:BIND_FUNCTION));var oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,
oldAwaitIdentPos=this.awaitIdentPos;return this.yieldPos=0,this.awaitPos=0,this.awaitIdentPos=0,this.enterScope(functionFlags(
node.async,node.generator)),statement&FUNC_STATEMENT||(node.id=this.type===types$1.name?this.parseIdent():null),this.parseFunctionParams(
node),this.parseFunctionBody(node,allowExpressionBody,!1,forInit),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.
awaitIdentPos=oldAwaitIdentPos,this.finishNode(node,statement&FUNC_STATEMENT?"FunctionDeclaration":"FunctionExpression")};
pp$8.parseFunctionParams=function(node){this.expect(types$1.parenL),node.params=this.parseBindingList(types$1.parenR,!1,
this.options.ecmaVersion>=8),this.checkYieldAwaitInDefaultParams()};pp$8.parseClass=function(node,isStatement){this.next();
var oldStrict=this.strict;this.strict=!0,this.parseClassId(node,isStatement),this.parseClassSuper(node);var privateNameMap=this.
enterClassBody(),classBody=this.startNode(),hadConstructor=!1;for(classBody.body=[],this.expect(types$1.braceL);this.type!==
types$1.braceR;){var element=this.parseClassElement(node.superClass!==null);element&&(classBody.body.push(element),element.
type==="MethodDefinition"&&element.kind==="constructor"?(hadConstructor&&this.raiseRecoverable(element.start,"Duplicate \
constructor in the same class"),hadConstructor=!0):element.key&&element.key.type==="PrivateIdentifier"&&isPrivateNameConflicted(
privateNameMap,element)&&this.raiseRecoverable(element.key.start,"Identifier '#"+element.key.name+"' has already been de\
clared"))}return this.strict=oldStrict,this.next(),node.body=this.finishNode(classBody,"ClassBody"),this.exitClassBody(),
this.finishNode(node,isStatement?"ClassDeclaration":"ClassExpression")};pp$8.parseClassElement=function(constructorAllowsSuper){
if(this.eat(types$1.semi))return null;var ecmaVersion2=this.options.ecmaVersion,node=this.startNode(),keyName="",isGenerator=!1,
isAsync=!1,kind="method",isStatic=!1;if(this.eatContextual("static")){if(ecmaVersion2>=13&&this.eat(types$1.braceL))return this.
parseClassStaticBlock(node),node;this.isClassElementNameStart()||this.type===types$1.star?isStatic=!0:keyName="static"}if(node.
static=isStatic,!keyName&&ecmaVersion2>=8&&this.eatContextual("async")&&((this.isClassElementNameStart()||this.type===types$1.
star)&&!this.canInsertSemicolon()?isAsync=!0:keyName="async"),!keyName&&(ecmaVersion2>=9||!isAsync)&&this.eat(types$1.star)&&
(isGenerator=!0),!keyName&&!isAsync&&!isGenerator){var lastValue=this.value;(this.eatContextual("get")||this.eatContextual(
"set"))&&(this.isClassElementNameStart()?kind=lastValue:keyName=lastValue)}if(keyName?(node.computed=!1,node.key=this.startNodeAt(
this.lastTokStart,this.lastTokStartLoc),node.key.name=keyName,this.finishNode(node.key,"Identifier")):this.parseClassElementName(
node),ecmaVersion2<13||this.type===types$1.parenL||kind!=="method"||isGenerator||isAsync){var isConstructor=!node.static&&
checkKeyName(node,"constructor"),allowsDirectSuper=isConstructor&&constructorAllowsSuper;isConstructor&&kind!=="method"&&
this.raise(node.key.start,"Constructor can't have get/set modifier"),node.kind=isConstructor?"constructor":kind,this.parseClassMethod(
node,isGenerator,isAsync,allowsDirectSuper)}else this.parseClassField(node);return node};pp$8.isClassElementNameStart=function(){
return this.type===types$1.name||this.type===types$1.privateId||this.type===types$1.num||this.type===types$1.string||this.
type===types$1.bracketL||this.type.keyword};pp$8.parseClassElementName=function(element){this.type===types$1.privateId?(this.
value==="constructor"&&this.raise(this.start,"Classes can't have an element named '#constructor'"),element.computed=!1,element.
key=this.parsePrivateIdent()):this.parsePropertyName(element)};pp$8.parseClassMethod=function(method,isGenerator,isAsync,allowsDirectSuper){
var key=method.key;method.kind==="constructor"?(isGenerator&&this.raise(key.start,"Constructor can't be a generator"),isAsync&&
this.raise(key.start,"Constructor can't be an async method")):method.static&&checkKeyName(method,"prototype")&&this.raise(
key.start,"Classes may not have a static property named prototype");var value=method.value=this.parseMethod(isGenerator,
isAsync,allowsDirectSuper);return method.kind==="get"&&value.params.length!==0&&this.raiseRecoverable(value.start,"gette\
r should have no params"),method.kind==="set"&&value.params.length!==1&&this.raiseRecoverable(value.start,"setter should\
 have exactly one param"),method.kind==="set"&&value.params[0].type==="RestElement"&&this.raiseRecoverable(value.params[0].
start,"Setter cannot use rest params"),this.finishNode(method,"MethodDefinition")};pp$8.parseClassField=function(field){
return checkKeyName(field,"constructor")?this.raise(field.key.start,"Classes can't have a field named 'constructor'"):field.
static&&checkKeyName(field,"prototype")&&this.raise(field.key.start,"Classes can't have a static field named 'prototype'"),
this.eat(types$1.eq)?(this.enterScope(SCOPE_CLASS_FIELD_INIT|SCOPE_SUPER),field.value=this.parseMaybeAssign(),this.exitScope()):
field.value=null,this.semicolon(),this.finishNode(field,"PropertyDefinition")};pp$8.parseClassStaticBlock=function(node){
node.body=[];var oldLabels=this.labels;for(this.labels=[],this.enterScope(SCOPE_CLASS_STATIC_BLOCK|SCOPE_SUPER);this.type!==
types$1.braceR;){var stmt=this.parseStatement(null);node.body.push(stmt)}return this.next(),this.exitScope(),this.labels=
oldLabels,this.finishNode(node,"StaticBlock")};pp$8.parseClassId=function(node,isStatement){this.type===types$1.name?(node.
id=this.parseIdent(),isStatement&&this.checkLValSimple(node.id,BIND_LEXICAL,!1)):(isStatement===!0&&this.unexpected(),node.
id=null)};pp$8.parseClassSuper=function(node){node.superClass=this.eat(types$1._extends)?this.parseExprSubscripts(null,!1):
null};pp$8.enterClassBody=function(){var element={declared:Object.create(null),used:[]};return this.privateNameStack.push(
element),element.declared};pp$8.exitClassBody=function(){var ref2=this.privateNameStack.pop(),declared=ref2.declared,used=ref2.
used;if(this.options.checkPrivateFields)for(var len=this.privateNameStack.length,parent=len===0?null:this.privateNameStack[len-
1],i2=0;i2<used.length;++i2){var id=used[i2];hasOwn(declared,id.name)||(parent?parent.used.push(id):this.raiseRecoverable(
id.start,"Private field '#"+id.name+"' must be declared in an enclosing class"))}};function isPrivateNameConflicted(privateNameMap,element){
var name=element.key.name,curr=privateNameMap[name],next="true";return element.type==="MethodDefinition"&&(element.kind===
"get"||element.kind==="set")&&(next=(element.static?"s":"i")+element.kind),curr==="iget"&&next==="iset"||curr==="iset"&&
next==="iget"||curr==="sget"&&next==="sset"||curr==="sset"&&next==="sget"?(privateNameMap[name]="true",!1):curr?!0:(privateNameMap[name]=
next,!1)}function checkKeyName(node,name){var computed=node.computed,key=node.key;return!computed&&(key.type==="Identifi\
er"&&key.name===name||key.type==="Literal"&&key.value===name)}pp$8.parseExportAllDeclaration=function(node,exports$1){return this.
options.ecmaVersion>=11&&(this.eatContextual("as")?(node.exported=this.parseModuleExportName(),this.checkExport(exports$1,
node.exported,this.lastTokStart)):node.exported=null),this.expectContextual("from"),this.type!==types$1.string&&this.unexpected(),
node.source=this.parseExprAtom(),this.options.ecmaVersion>=16&&(node.attributes=this.parseWithClause()),this.semicolon(),
this.finishNode(node,"ExportAllDeclaration")};pp$8.parseExport=function(node,exports$1){if(this.next(),this.eat(types$1.
star))return this.parseExportAllDeclaration(node,exports$1);if(this.eat(types$1._default))return this.checkExport(exports$1,
"default",this.lastTokStart),node.declaration=this.parseExportDefaultDeclaration(),this.finishNode(node,"ExportDefaultDe\
claration");if(this.shouldParseExportStatement())node.declaration=this.parseExportDeclaration(node),node.declaration.type===
"VariableDeclaration"?this.checkVariableExport(exports$1,node.declaration.declarations):this.checkExport(exports$1,node.
declaration.id,node.declaration.id.start),node.specifiers=[],node.source=null,this.options.ecmaVersion>=16&&(node.attributes=
[]);else{if(node.declaration=null,node.specifiers=this.parseExportSpecifiers(exports$1),this.eatContextual("from"))this.
type!==types$1.string&&this.unexpected(),node.source=this.parseExprAtom(),this.options.ecmaVersion>=16&&(node.attributes=
this.parseWithClause());else{for(var i2=0,list2=node.specifiers;i2<list2.length;i2+=1){var spec=list2[i2];this.checkUnreserved(
spec.local),this.checkLocalExport(spec.local),spec.local.type==="Literal"&&this.raise(spec.local.start,"A string literal\
 cannot be used as an exported binding without `from`.")}node.source=null,this.options.ecmaVersion>=16&&(node.attributes=
[])}this.semicolon()}return this.finishNode(node,"ExportNamedDeclaration")};pp$8.parseExportDeclaration=function(node){return this.
parseStatement(null)};pp$8.parseExportDefaultDeclaration=function(){var isAsync;if(this.type===types$1._function||(isAsync=
this.isAsyncFunction())){var fNode=this.startNode();return this.next(),isAsync&&this.next(),this.parseFunction(fNode,FUNC_STATEMENT|
FUNC_NULLABLE_ID,!1,isAsync)}else if(this.type===types$1._class){var cNode=this.startNode();return this.parseClass(cNode,
"nullableID")}else{var declaration=this.parseMaybeAssign();return this.semicolon(),declaration}};pp$8.checkExport=function(exports$1,name,pos){
exports$1&&(typeof name!="string"&&(name=name.type==="Identifier"?name.name:name.value),hasOwn(exports$1,name)&&this.raiseRecoverable(
pos,"Duplicate export '"+name+"'"),exports$1[name]=!0)};pp$8.checkPatternExport=function(exports$1,pat){var type=pat.type;
if(type==="Identifier")this.checkExport(exports$1,pat,pat.start);else if(type==="ObjectPattern")for(var i2=0,list2=pat.properties;i2<
list2.length;i2+=1){var prop=list2[i2];this.checkPatternExport(exports$1,prop)}else if(type==="ArrayPattern")for(var i$1=0,
list$1=pat.elements;i$1<list$1.length;i$1+=1){var elt=list$1[i$1];elt&&this.checkPatternExport(exports$1,elt)}else type===
"Property"?this.checkPatternExport(exports$1,pat.value):type==="AssignmentPattern"?this.checkPatternExport(exports$1,pat.
left):type==="RestElement"&&this.checkPatternExport(exports$1,pat.argument)};pp$8.checkVariableExport=function(exports$1,decls){
if(exports$1)for(var i2=0,list2=decls;i2<list2.length;i2+=1){var decl=list2[i2];this.checkPatternExport(exports$1,decl.id)}};
pp$8.shouldParseExportStatement=function(){return this.type.keyword==="var"||this.type.keyword==="const"||this.type.keyword===
"class"||this.type.keyword==="function"||this.isLet()||this.isAsyncFunction()};pp$8.parseExportSpecifier=function(exports$1){
var node=this.startNode();return node.local=this.parseModuleExportName(),node.exported=this.eatContextual("as")?this.parseModuleExportName():
node.local,this.checkExport(exports$1,node.exported,node.exported.start),this.finishNode(node,"ExportSpecifier")};pp$8.parseExportSpecifiers=
function(exports$1){var nodes=[],first=!0;for(this.expect(types$1.braceL);!this.eat(types$1.braceR);){if(first)first=!1;else if(this.
expect(types$1.comma),this.afterTrailingComma(types$1.braceR))break;nodes.push(this.parseExportSpecifier(exports$1))}return nodes};
pp$8.parseImport=function(node){return this.next(),this.type===types$1.string?(node.specifiers=empty$1,node.source=this.
parseExprAtom()):(node.specifiers=this.parseImportSpecifiers(),this.expectContextual("from"),node.source=this.type===types$1.
string?this.parseExprAtom():this.unexpected()),this.options.ecmaVersion>=16&&(node.attributes=this.parseWithClause()),this.
semicolon(),this.finishNode(node,"ImportDeclaration")};pp$8.parseImportSpecifier=function(){var node=this.startNode();return node.
imported=this.parseModuleExportName(),this.eatContextual("as")?node.local=this.parseIdent():(this.checkUnreserved(node.imported),
node.local=node.imported),this.checkLValSimple(node.local,BIND_LEXICAL),this.finishNode(node,"ImportSpecifier")};pp$8.parseImportDefaultSpecifier=
function(){var node=this.startNode();return node.local=this.parseIdent(),this.checkLValSimple(node.local,BIND_LEXICAL),this.
finishNode(node,"ImportDefaultSpecifier")};pp$8.parseImportNamespaceSpecifier=function(){var node=this.startNode();return this.
next(),this.expectContextual("as"),node.local=this.parseIdent(),this.checkLValSimple(node.local,BIND_LEXICAL),this.finishNode(
node,"ImportNamespaceSpecifier")};pp$8.parseImportSpecifiers=function(){var nodes=[],first=!0;if(this.type===types$1.name&&
(nodes.push(this.parseImportDefaultSpecifier()),!this.eat(types$1.comma)))return nodes;if(this.type===types$1.star)return nodes.
push(this.parseImportNamespaceSpecifier()),nodes;for(this.expect(types$1.braceL);!this.eat(types$1.braceR);){if(first)first=
!1;else if(this.expect(types$1.comma),this.afterTrailingComma(types$1.braceR))break;nodes.push(this.parseImportSpecifier())}
return nodes};pp$8.parseWithClause=function(){var nodes=[];if(!this.eat(types$1._with))return nodes;this.expect(types$1.
braceL);for(var attributeKeys={},first=!0;!this.eat(types$1.braceR);){if(first)first=!1;else if(this.expect(types$1.comma),
this.afterTrailingComma(types$1.braceR))break;var attr=this.parseImportAttribute(),keyName=attr.key.type==="Identifier"?
attr.key.name:attr.key.value;hasOwn(attributeKeys,keyName)&&this.raiseRecoverable(attr.key.start,"Duplicate attribute ke\
y '"+keyName+"'"),attributeKeys[keyName]=!0,nodes.push(attr)}return nodes};pp$8.parseImportAttribute=function(){var node=this.
startNode();return node.key=this.type===types$1.string?this.parseExprAtom():this.parseIdent(this.options.allowReserved!==
"never"),this.expect(types$1.colon),this.type!==types$1.string&&this.unexpected(),node.value=this.parseExprAtom(),this.finishNode(
node,"ImportAttribute")};pp$8.parseModuleExportName=function(){if(this.options.ecmaVersion>=13&&this.type===types$1.string){
var stringLiteral=this.parseLiteral(this.value);return loneSurrogate.test(stringLiteral.value)&&this.raise(stringLiteral.
start,"An export name cannot include a lone surrogate."),stringLiteral}return this.parseIdent(!0)};pp$8.adaptDirectivePrologue=
function(statements){for(var i2=0;i2<statements.length&&this.isDirectiveCandidate(statements[i2]);++i2)statements[i2].directive=
statements[i2].expression.raw.slice(1,-1)};pp$8.isDirectiveCandidate=function(statement){return this.options.ecmaVersion>=
5&&statement.type==="ExpressionStatement"&&statement.expression.type==="Literal"&&typeof statement.expression.value=="st\
ring"&&(this.input[statement.start]==='"'||this.input[statement.start]==="'")};var pp$7=Parser.prototype;pp$7.toAssignable=
function(node,isBinding,refDestructuringErrors){if(this.options.ecmaVersion>=6&&node)switch(node.type){case"Identifier":
this.inAsync&&node.name==="await"&&this.raise(node.start,"Cannot use 'await' as identifier inside an async function");break;case"\
ObjectPattern":case"ArrayPattern":case"AssignmentPattern":case"RestElement":break;case"ObjectExpression":node.type="Obje\
ctPattern",refDestructuringErrors&&this.checkPatternErrors(refDestructuringErrors,!0);for(var i2=0,list2=node.properties;i2<
list2.length;i2+=1){var prop=list2[i2];this.toAssignable(prop,isBinding),prop.type==="RestElement"&&(prop.argument.type===
"ArrayPattern"||prop.argument.type==="ObjectPattern")&&this.raise(prop.argument.start,"Unexpected token")}break;case"Pro\
perty":node.kind!=="init"&&this.raise(node.key.start,"Object pattern can't contain getter or setter"),this.toAssignable(
node.value,isBinding);break;case"ArrayExpression":node.type="ArrayPattern",refDestructuringErrors&&this.checkPatternErrors(
refDestructuringErrors,!0),this.toAssignableList(node.elements,isBinding);break;case"SpreadElement":node.type="RestEleme\
nt",this.toAssignable(node.argument,isBinding),node.argument.type==="AssignmentPattern"&&this.raise(node.argument.start,
"Rest elements cannot have a default value");break;case"AssignmentExpression":node.operator!=="="&&this.raise(node.left.
end,"Only '=' operator can be used for specifying default value."),node.type="AssignmentPattern",delete node.operator,this.
toAssignable(node.left,isBinding);break;case"ParenthesizedExpression":this.toAssignable(node.expression,isBinding,refDestructuringErrors);
break;case"ChainExpression":this.raiseRecoverable(node.start,"Optional chaining cannot appear in left-hand side");break;case"\
MemberExpression":if(!isBinding)break;default:this.raise(node.start,"Assigning to rvalue")}else refDestructuringErrors&&
this.checkPatternErrors(refDestructuringErrors,!0);return node};pp$7.toAssignableList=function(exprList,isBinding){for(var end=exprList.
length,i2=0;i2<end;i2++){var elt=exprList[i2];elt&&this.toAssignable(elt,isBinding)}if(end){var last=exprList[end-1];this.
options.ecmaVersion===6&&isBinding&&last&&last.type==="RestElement"&&last.argument.type!=="Identifier"&&this.unexpected(
last.argument.start)}return exprList};pp$7.parseSpread=function(refDestructuringErrors){var node=this.startNode();return this.
next(),node.argument=this.parseMaybeAssign(!1,refDestructuringErrors),this.finishNode(node,"SpreadElement")};pp$7.parseRestBinding=
function(){var node=this.startNode();return this.next(),this.options.ecmaVersion===6&&this.type!==types$1.name&&this.unexpected(),
node.argument=this.parseBindingAtom(),this.finishNode(node,"RestElement")};pp$7.parseBindingAtom=function(){if(this.options.
ecmaVersion>=6)switch(this.type){case types$1.bracketL:var node=this.startNode();return this.next(),node.elements=this.parseBindingList(
types$1.bracketR,!0,!0),this.finishNode(node,"ArrayPattern");case types$1.braceL:return this.parseObj(!0)}return this.parseIdent()};
pp$7.parseBindingList=function(close,allowEmpty,allowTrailingComma,allowModifiers){for(var elts=[],first=!0;!this.eat(close);)
if(first?first=!1:this.expect(types$1.comma),allowEmpty&&this.type===types$1.comma)elts.push(null);else{if(allowTrailingComma&&
this.afterTrailingComma(close))break;if(this.type===types$1.ellipsis){var rest=this.parseRestBinding();this.parseBindingListItem(
rest),elts.push(rest),this.type===types$1.comma&&this.raiseRecoverable(this.start,"Comma is not permitted after the rest\
 element"),this.expect(close);break}else elts.push(this.parseAssignableListItem(allowModifiers))}return elts};pp$7.parseAssignableListItem=
function(allowModifiers){var elem=this.parseMaybeDefault(this.start,this.startLoc);return this.parseBindingListItem(elem),
elem};pp$7.parseBindingListItem=function(param){return param};pp$7.parseMaybeDefault=function(startPos,startLoc,left){if(left=
left||this.parseBindingAtom(),this.options.ecmaVersion<6||!this.eat(types$1.eq))return left;var node=this.startNodeAt(startPos,
startLoc);return node.left=left,node.right=this.parseMaybeAssign(),this.finishNode(node,"AssignmentPattern")};pp$7.checkLValSimple=
function(expr,bindingType,checkClashes){bindingType===void 0&&(bindingType=BIND_NONE);var isBind=bindingType!==BIND_NONE;
switch(expr.type){case"Identifier":this.strict&&this.reservedWordsStrictBind.test(expr.name)&&this.raiseRecoverable(expr.
start,(isBind?"Binding ":"Assigning to ")+expr.name+" in strict mode"),isBind&&(bindingType===BIND_LEXICAL&&expr.name===
"let"&&this.raiseRecoverable(expr.start,"let is disallowed as a lexically bound name"),checkClashes&&(hasOwn(checkClashes,
expr.name)&&this.raiseRecoverable(expr.start,"Argument name clash"),checkClashes[expr.name]=!0),bindingType!==BIND_OUTSIDE&&
this.declareName(expr.name,bindingType,expr.start));break;case"ChainExpression":this.raiseRecoverable(expr.start,"Option\
al chaining cannot appear in left-hand side");break;case"MemberExpression":isBind&&this.raiseRecoverable(expr.start,"Bin\
ding member expression");break;case"ParenthesizedExpression":return isBind&&this.raiseRecoverable(expr.start,"Binding pa\
renthesized expression"),this.checkLValSimple(expr.expression,bindingType,checkClashes);default:this.raise(expr.start,(isBind?
"Binding":"Assigning to")+" rvalue")}};pp$7.checkLValPattern=function(expr,bindingType,checkClashes){switch(bindingType===
void 0&&(bindingType=BIND_NONE),expr.type){case"ObjectPattern":for(var i2=0,list2=expr.properties;i2<list2.length;i2+=1){
var prop=list2[i2];this.checkLValInnerPattern(prop,bindingType,checkClashes)}break;case"ArrayPattern":for(var i$1=0,list$1=expr.
elements;i$1<list$1.length;i$1+=1){var elem=list$1[i$1];elem&&this.checkLValInnerPattern(elem,bindingType,checkClashes)}
break;default:this.checkLValSimple(expr,bindingType,checkClashes)}};pp$7.checkLValInnerPattern=function(expr,bindingType,checkClashes){
switch(bindingType===void 0&&(bindingType=BIND_NONE),expr.type){case"Property":this.checkLValInnerPattern(expr.value,bindingType,
checkClashes);break;case"AssignmentPattern":this.checkLValPattern(expr.left,bindingType,checkClashes);break;case"RestEle\
ment":this.checkLValPattern(expr.argument,bindingType,checkClashes);break;default:this.checkLValPattern(expr,bindingType,
checkClashes)}};var TokContext=function(token,isExpr,preserveSpace,override,generator){this.token=token,this.isExpr=!!isExpr,
this.preserveSpace=!!preserveSpace,this.override=override,this.generator=!!generator},types={b_stat:new TokContext("{",!1),
b_expr:new TokContext("{",!0),b_tmpl:new TokContext("${",!1),p_stat:new TokContext("(",!1),p_expr:new TokContext("(",!0),
q_tmpl:new TokContext("`",!0,!0,function(p){return p.tryReadTemplateToken()}),f_stat:new TokContext("function",!1),f_expr:new TokContext(
"function",!0),f_expr_gen:new TokContext("function",!0,!1,null,!0),f_gen:new TokContext("function",!1,!1,null,!0)},pp$6=Parser.
prototype;pp$6.initialContext=function(){return[types.b_stat]};pp$6.curContext=function(){return this.context[this.context.
length-1]};pp$6.braceIsBlock=function(prevType){var parent=this.curContext();return parent===types.f_expr||parent===types.
f_stat?!0:prevType===types$1.colon&&(parent===types.b_stat||parent===types.b_expr)?!parent.isExpr:prevType===types$1._return||
prevType===types$1.name&&this.exprAllowed?lineBreak.test(this.input.slice(this.lastTokEnd,this.start)):prevType===types$1.
_else||prevType===types$1.semi||prevType===types$1.eof||prevType===types$1.parenR||prevType===types$1.arrow?!0:prevType===
types$1.braceL?parent===types.b_stat:prevType===types$1._var||prevType===types$1._const||prevType===types$1.name?!1:!this.
exprAllowed};pp$6.inGeneratorContext=function(){for(var i2=this.context.length-1;i2>=1;i2--){var context=this.context[i2];
if(context.token==="function")return context.generator}return!1};pp$6.updateContext=function(prevType){var update,type=this.
type;type.keyword&&prevType===types$1.dot?this.exprAllowed=!1:(update=type.updateContext)?update.call(this,prevType):this.
exprAllowed=type.beforeExpr};pp$6.overrideContext=function(tokenCtx){this.curContext()!==tokenCtx&&(this.context[this.context.
length-1]=tokenCtx)};types$1.parenR.updateContext=types$1.braceR.updateContext=function(){if(this.context.length===1){this.
exprAllowed=!0;return}var out=this.context.pop();out===types.b_stat&&this.curContext().token==="function"&&(out=this.context.
pop()),this.exprAllowed=!out.isExpr};types$1.braceL.updateContext=function(prevType){this.context.push(this.braceIsBlock(
prevType)?types.b_stat:types.b_expr),this.exprAllowed=!0};types$1.dollarBraceL.updateContext=function(){this.context.push(
types.b_tmpl),this.exprAllowed=!0};types$1.parenL.updateContext=function(prevType){var statementParens=prevType===types$1.
_if||prevType===types$1._for||prevType===types$1._with||prevType===types$1._while;this.context.push(statementParens?types.
p_stat:types.p_expr),this.exprAllowed=!0};types$1.incDec.updateContext=function(){};types$1._function.updateContext=types$1.
_class.updateContext=function(prevType){prevType.beforeExpr&&prevType!==types$1._else&&!(prevType===types$1.semi&&this.curContext()!==
types.p_stat)&&!(prevType===types$1._return&&lineBreak.test(this.input.slice(this.lastTokEnd,this.start)))&&!((prevType===
types$1.colon||prevType===types$1.braceL)&&this.curContext()===types.b_stat)?this.context.push(types.f_expr):this.context.
push(types.f_stat),this.exprAllowed=!1};types$1.colon.updateContext=function(){this.curContext().token==="function"&&this.
context.pop(),this.exprAllowed=!0};types$1.backQuote.updateContext=function(){this.curContext()===types.q_tmpl?this.context.
pop():this.context.push(types.q_tmpl),this.exprAllowed=!1};types$1.star.updateContext=function(prevType){if(prevType===types$1.
_function){var index=this.context.length-1;this.context[index]===types.f_expr?this.context[index]=types.f_expr_gen:this.
context[index]=types.f_gen}this.exprAllowed=!0};types$1.name.updateContext=function(prevType){var allowed=!1;this.options.
ecmaVersion>=6&&prevType!==types$1.dot&&(this.value==="of"&&!this.exprAllowed||this.value==="yield"&&this.inGeneratorContext())&&
(allowed=!0),this.exprAllowed=allowed};var pp$5=Parser.prototype;pp$5.checkPropClash=function(prop,propHash,refDestructuringErrors){
if(!(this.options.ecmaVersion>=9&&prop.type==="SpreadElement")&&!(this.options.ecmaVersion>=6&&(prop.computed||prop.method||
prop.shorthand))){var key=prop.key,name;switch(key.type){case"Identifier":name=key.name;break;case"Literal":name=String(
key.value);break;default:return}var kind=prop.kind;if(this.options.ecmaVersion>=6){name==="__proto__"&&kind==="init"&&(propHash.
proto&&(refDestructuringErrors?refDestructuringErrors.doubleProto<0&&(refDestructuringErrors.doubleProto=key.start):this.
raiseRecoverable(key.start,"Redefinition of __proto__ property")),propHash.proto=!0);return}name="$"+name;var other=propHash[name];
if(other){var redefinition;kind==="init"?redefinition=this.strict&&other.init||other.get||other.set:redefinition=other.init||
other[kind],redefinition&&this.raiseRecoverable(key.start,"Redefinition of property")}else other=propHash[name]={init:!1,
get:!1,set:!1};other[kind]=!0}};pp$5.parseExpression=function(forInit,refDestructuringErrors){var this$1$1=this;return this.
catchStackOverflow(function(){var startPos=this$1$1.start,startLoc=this$1$1.startLoc,expr=this$1$1.parseMaybeAssign(forInit,
refDestructuringErrors);if(this$1$1.type===types$1.comma){var node=this$1$1.startNodeAt(startPos,startLoc);for(node.expressions=
[expr];this$1$1.eat(types$1.comma);)node.expressions.push(this$1$1.parseMaybeAssign(forInit,refDestructuringErrors));return this$1$1.
finishNode(node,"SequenceExpression")}return expr})};pp$5.parseMaybeAssign=function(forInit,refDestructuringErrors,afterLeftParse){
if(this.isContextual("yield")){if(this.inGenerator)return this.parseYield(forInit);this.exprAllowed=!1}var ownDestructuringErrors=!1,
oldParenAssign=-1,oldTrailingComma=-1,oldDoubleProto=-1;refDestructuringErrors?(oldParenAssign=refDestructuringErrors.parenthesizedAssign,
oldTrailingComma=refDestructuringErrors.trailingComma,oldDoubleProto=refDestructuringErrors.doubleProto,refDestructuringErrors.
parenthesizedAssign=refDestructuringErrors.trailingComma=-1):(refDestructuringErrors=new DestructuringErrors,ownDestructuringErrors=
!0);var startPos=this.start,startLoc=this.startLoc;(this.type===types$1.parenL||this.type===types$1.name)&&(this.potentialArrowAt=
this.start,this.potentialArrowInForAwait=forInit==="await");var left=this.parseMaybeConditional(forInit,refDestructuringErrors);
if(afterLeftParse&&(left=afterLeftParse.call(this,left,startPos,startLoc)),this.type.isAssign){var node=this.startNodeAt(
startPos,startLoc);return node.operator=this.value,this.type===types$1.eq&&(left=this.toAssignable(left,!1,refDestructuringErrors)),
ownDestructuringErrors||(refDestructuringErrors.parenthesizedAssign=refDestructuringErrors.trailingComma=-1,refDestructuringErrors.
shorthandAssign>=left.start&&(refDestructuringErrors.shorthandAssign=-1),refDestructuringErrors.doubleProto>=left.start&&
(refDestructuringErrors.doubleProto=-1)),this.type===types$1.eq?this.checkLValPattern(left):this.checkLValSimple(left),node.
left=left,this.next(),node.right=this.parseMaybeAssign(forInit),oldDoubleProto>-1&&(refDestructuringErrors.doubleProto=oldDoubleProto),
this.finishNode(node,"AssignmentExpression")}else ownDestructuringErrors&&this.checkExpressionErrors(refDestructuringErrors,
!0);return oldParenAssign>-1&&(refDestructuringErrors.parenthesizedAssign=oldParenAssign),oldTrailingComma>-1&&(refDestructuringErrors.
trailingComma=oldTrailingComma),left};pp$5.parseMaybeConditional=function(forInit,refDestructuringErrors){var startPos=this.
start,startLoc=this.startLoc,expr=this.parseExprOps(forInit,refDestructuringErrors);if(this.checkExpressionErrors(refDestructuringErrors))
return expr;if(!(expr.type==="ArrowFunctionExpression"&&expr.start===startPos)&&this.eat(types$1.question)){var node=this.
startNodeAt(startPos,startLoc);return node.test=expr,node.consequent=this.parseMaybeAssign(),this.expect(types$1.colon),
node.alternate=this.parseMaybeAssign(forInit),this.finishNode(node,"ConditionalExpression")}return expr};pp$5.parseExprOps=
function(forInit,refDestructuringErrors){var startPos=this.start,startLoc=this.startLoc,expr=this.parseMaybeUnary(refDestructuringErrors,
!1,!1,forInit);return this.checkExpressionErrors(refDestructuringErrors)||expr.start===startPos&&expr.type==="ArrowFunct\
ionExpression"?expr:this.parseExprOp(expr,startPos,startLoc,-1,forInit)};pp$5.parseExprOp=function(left,leftStartPos,leftStartLoc,minPrec,forInit){
var prec=this.type.binop;if(prec!=null&&(!forInit||this.type!==types$1._in)&&prec>minPrec){var logical=this.type===types$1.
logicalOR||this.type===types$1.logicalAND,coalesce=this.type===types$1.coalesce;coalesce&&(prec=types$1.logicalAND.binop);
var op=this.value;this.next();var startPos=this.start,startLoc=this.startLoc,right=this.parseExprOp(this.parseMaybeUnary(
null,!1,!1,forInit),startPos,startLoc,prec,forInit),node=this.buildBinary(leftStartPos,leftStartLoc,left,right,op,logical||
coalesce);return(logical&&this.type===types$1.coalesce||coalesce&&(this.type===types$1.logicalOR||this.type===types$1.logicalAND))&&
this.raiseRecoverable(this.start,"Logical expressions and coalesce expressions cannot be mixed. Wrap either by parenthes\
es"),this.parseExprOp(node,leftStartPos,leftStartLoc,minPrec,forInit)}return left};pp$5.buildBinary=function(startPos,startLoc,left,right,op,logical){
right.type==="PrivateIdentifier"&&this.raise(right.start,"Private identifier can only be left side of binary expression");
var node=this.startNodeAt(startPos,startLoc);return node.left=left,node.operator=op,node.right=right,this.finishNode(node,
logical?"LogicalExpression":"BinaryExpression")};pp$5.parseMaybeUnary=function(refDestructuringErrors,sawUnary,incDec,forInit){
var startPos=this.start,startLoc=this.startLoc,expr;if(this.isContextual("await")&&this.canAwait)expr=this.parseAwait(forInit),
sawUnary=!0;else if(this.type.prefix){var node=this.startNode(),update=this.type===types$1.incDec;node.operator=this.value,
node.prefix=!0,this.next(),node.argument=this.parseMaybeUnary(null,!0,update,forInit),this.checkExpressionErrors(refDestructuringErrors,
!0),update?this.checkLValSimple(node.argument):this.strict&&node.operator==="delete"&&isLocalVariableAccess(node.argument)?
this.raiseRecoverable(node.start,"Deleting local variable in strict mode"):node.operator==="delete"&&isPrivateFieldAccess(
node.argument)?this.raiseRecoverable(node.start,"Private fields can not be deleted"):sawUnary=!0,expr=this.finishNode(node,
update?"UpdateExpression":"UnaryExpression")}else if(!sawUnary&&this.type===types$1.privateId)(forInit||this.privateNameStack.
length===0)&&this.options.checkPrivateFields&&this.unexpected(),expr=this.parsePrivateIdent(),this.type!==types$1._in&&this.
unexpected();else{if(expr=this.parseExprSubscripts(refDestructuringErrors,forInit),this.checkExpressionErrors(refDestructuringErrors))
return expr;for(;this.type.postfix&&!this.canInsertSemicolon();){var node$1=this.startNodeAt(startPos,startLoc);node$1.operator=
this.value,node$1.prefix=!1,node$1.argument=expr,this.checkLValSimple(expr),this.next(),expr=this.finishNode(node$1,"Upd\
ateExpression")}}if(!incDec&&!(expr.type==="ArrowFunctionExpression"&&expr.start===startPos)&&this.eat(types$1.starstar))
if(sawUnary)this.unexpected(this.lastTokStart);else return this.buildBinary(startPos,startLoc,expr,this.parseMaybeUnary(
null,!1,!1,forInit),"**",!1);else return expr};function isLocalVariableAccess(node){return node.type==="Identifier"||node.
type==="ParenthesizedExpression"&&isLocalVariableAccess(node.expression)}function isPrivateFieldAccess(node){return node.
type==="MemberExpression"&&node.property.type==="PrivateIdentifier"||node.type==="ChainExpression"&&isPrivateFieldAccess(
node.expression)||node.type==="ParenthesizedExpression"&&isPrivateFieldAccess(node.expression)}pp$5.parseExprSubscripts=
function(refDestructuringErrors,forInit){var startPos=this.start,startLoc=this.startLoc,oldDoubleProto=-1,oldShorthandAssign=-1;
refDestructuringErrors&&(oldDoubleProto=refDestructuringErrors.doubleProto,oldShorthandAssign=refDestructuringErrors.shorthandAssign,
refDestructuringErrors.doubleProto=refDestructuringErrors.shorthandAssign=-1);var expr=this.parseExprAtom(refDestructuringErrors,
forInit);if(expr.type==="ArrowFunctionExpression"&&this.input.slice(this.lastTokStart,this.lastTokEnd)!==")")return expr;
var result=this.parseSubscripts(expr,startPos,startLoc,!1,forInit);return refDestructuringErrors&&(result.end>expr.end&&
(this.checkExpressionErrors(refDestructuringErrors,!0),refDestructuringErrors.parenthesizedAssign>=result.start&&(refDestructuringErrors.
parenthesizedAssign=-1),refDestructuringErrors.parenthesizedBind>=result.start&&(refDestructuringErrors.parenthesizedBind=
-1),refDestructuringErrors.trailingComma>=result.start&&(refDestructuringErrors.trailingComma=-1)),oldDoubleProto>-1&&(refDestructuringErrors.
doubleProto=oldDoubleProto),oldShorthandAssign>-1&&(refDestructuringErrors.shorthandAssign=oldShorthandAssign)),result};
pp$5.parseSubscripts=function(base,startPos,startLoc,noCalls,forInit){for(var maybeAsyncArrow=this.options.ecmaVersion>=
8&&base.type==="Identifier"&&base.name==="async"&&this.lastTokEnd===base.end&&!this.canInsertSemicolon()&&base.end-base.
start===5&&this.potentialArrowAt===base.start,optionalChained=!1;;){var element=this.parseSubscript(base,startPos,startLoc,
noCalls,maybeAsyncArrow,optionalChained,forInit);if(element.optional&&(optionalChained=!0),element.end===base.end||element.
type==="ArrowFunctionExpression"){if(optionalChained){var chainNode=this.startNodeAt(startPos,startLoc);chainNode.expression=
element,element=this.finishNode(chainNode,"ChainExpression")}return element}base=element,maybeAsyncArrow=!1}};pp$5.shouldParseAsyncArrow=
function(){return!this.canInsertSemicolon()&&this.eat(types$1.arrow)};pp$5.parseSubscriptAsyncArrow=function(startPos,startLoc,exprList,forInit){
return this.parseArrowExpression(this.startNodeAt(startPos,startLoc),exprList,!0,forInit)};pp$5.parseSubscript=function(base,startPos,startLoc,noCalls,maybeAsyncArrow,optionalChained,forInit){
var optionalSupported=this.options.ecmaVersion>=11,optional=optionalSupported&&this.eat(types$1.questionDot);noCalls&&optional&&
this.raise(this.lastTokStart,"Optional chaining cannot appear in the callee of new expressions");var computed=this.eat(types$1.
bracketL);if(computed||optional&&this.type!==types$1.parenL&&this.type!==types$1.backQuote||this.eat(types$1.dot)){var node=this.
startNodeAt(startPos,startLoc);node.object=base,computed?(node.property=this.parseExpression(),this.expect(types$1.bracketR)):
this.type===types$1.privateId&&base.type!=="Super"?node.property=this.parsePrivateIdent():node.property=this.parseIdent(
this.options.allowReserved!=="never"),node.computed=!!computed,optionalSupported&&(node.optional=optional),base=this.finishNode(
node,"MemberExpression")}else if(!noCalls&&this.eat(types$1.parenL)){var refDestructuringErrors=new DestructuringErrors,
oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,oldAwaitIdentPos=this.awaitIdentPos;this.yieldPos=0,this.awaitPos=0,
this.awaitIdentPos=0;var exprList=this.parseExprList(types$1.parenR,this.options.ecmaVersion>=8,!1,refDestructuringErrors);
if(maybeAsyncArrow&&!optional&&this.shouldParseAsyncArrow())return this.checkPatternErrors(refDestructuringErrors,!1),this.
checkYieldAwaitInDefaultParams(),this.awaitIdentPos>0&&this.raise(this.awaitIdentPos,"Cannot use 'await' as identifier i\
nside an async function"),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.awaitIdentPos=oldAwaitIdentPos,this.parseSubscriptAsyncArrow(
startPos,startLoc,exprList,forInit);this.checkExpressionErrors(refDestructuringErrors,!0),this.yieldPos=oldYieldPos||this.
yieldPos,this.awaitPos=oldAwaitPos||this.awaitPos,this.awaitIdentPos=oldAwaitIdentPos||this.awaitIdentPos;var node$1=this.
startNodeAt(startPos,startLoc);node$1.callee=base,node$1.arguments=exprList,optionalSupported&&(node$1.optional=optional),
base=this.finishNode(node$1,"CallExpression")}else if(this.type===types$1.backQuote){(optional||optionalChained)&&this.raise(
this.start,"Optional chaining cannot appear in the tag of tagged template expressions");var node$2=this.startNodeAt(startPos,
startLoc);node$2.tag=base,node$2.quasi=this.parseTemplate({isTagged:!0}),base=this.finishNode(node$2,"TaggedTemplateExpr\
ession")}return base};pp$5.parseExprAtom=function(refDestructuringErrors,forInit,forNew){this.type===types$1.slash&&this.
readRegexp();var node,canBeArrow=this.potentialArrowAt===this.start;switch(this.type){case types$1._super:return this.allowSuper||
this.raise(this.start,"'super' keyword outside a method"),node=this.startNode(),this.next(),this.type===types$1.parenL&&
!this.allowDirectSuper&&this.raise(node.start,"super() call outside constructor of a subclass"),this.type!==types$1.dot&&
this.type!==types$1.bracketL&&this.type!==types$1.parenL&&this.unexpected(),this.finishNode(node,"Super");case types$1._this:
return node=this.startNode(),this.next(),this.finishNode(node,"ThisExpression");case types$1.name:var startPos=this.start,
startLoc=this.startLoc,containsEsc=this.containsEsc,id=this.parseIdent(!1);if(this.options.ecmaVersion>=8&&!containsEsc&&
id.name==="async"&&!this.canInsertSemicolon()&&this.eat(types$1._function))return this.overrideContext(types.f_expr),this.
parseFunction(this.startNodeAt(startPos,startLoc),0,!1,!0,forInit);if(canBeArrow&&!this.canInsertSemicolon()){if(this.eat(
types$1.arrow))return this.parseArrowExpression(this.startNodeAt(startPos,startLoc),[id],!1,forInit);if(this.options.ecmaVersion>=
8&&id.name==="async"&&this.type===types$1.name&&!containsEsc&&(!this.potentialArrowInForAwait||this.value!=="of"||this.containsEsc))
return id=this.parseIdent(!1),(this.canInsertSemicolon()||!this.eat(types$1.arrow))&&this.unexpected(),this.parseArrowExpression(
this.startNodeAt(startPos,startLoc),[id],!0,forInit)}return id;case types$1.regexp:var value=this.value;return node=this.
parseLiteral(value.value),node.regex={pattern:value.pattern,flags:value.flags},node;case types$1.num:case types$1.string:
return this.parseLiteral(this.value);case types$1._null:case types$1._true:case types$1._false:return node=this.startNode(),
node.value=this.type===types$1._null?null:this.type===types$1._true,node.raw=this.type.keyword,this.next(),this.finishNode(
node,"Literal");case types$1.parenL:var start=this.start,expr=this.parseParenAndDistinguishExpression(canBeArrow,forInit);
return refDestructuringErrors&&(refDestructuringErrors.parenthesizedAssign<0&&!this.isSimpleAssignTarget(expr)&&(refDestructuringErrors.
parenthesizedAssign=start),refDestructuringErrors.parenthesizedBind<0&&(refDestructuringErrors.parenthesizedBind=start)),
expr;case types$1.bracketL:return node=this.startNode(),this.next(),node.elements=this.parseExprList(types$1.bracketR,!0,
!0,refDestructuringErrors),this.finishNode(node,"ArrayExpression");case types$1.braceL:return this.overrideContext(types.
b_expr),this.parseObj(!1,refDestructuringErrors);case types$1._function:return node=this.startNode(),this.next(),this.parseFunction(
node,0);case types$1._class:return this.parseClass(this.startNode(),!1);case types$1._new:return this.parseNew();case types$1.
backQuote:return this.parseTemplate();case types$1._import:return this.options.ecmaVersion>=11?this.parseExprImport(forNew):
this.unexpected();default:return this.parseExprAtomDefault()}};pp$5.parseExprAtomDefault=function(){this.unexpected()};pp$5.
parseExprImport=function(forNew){var node=this.startNode();if(this.containsEsc&&this.raiseRecoverable(this.start,"Escape\
 sequence in keyword import"),this.next(),this.type===types$1.parenL&&!forNew)return this.parseDynamicImport(node);if(this.
type===types$1.dot){var meta=this.startNodeAt(node.start,node.loc&&node.loc.start);return meta.name="import",node.meta=this.
finishNode(meta,"Identifier"),this.parseImportMeta(node)}else this.unexpected()};pp$5.parseDynamicImport=function(node){
if(this.next(),node.source=this.parseMaybeAssign(),this.options.ecmaVersion>=16)this.eat(types$1.parenR)?node.options=null:
(this.expect(types$1.comma),this.afterTrailingComma(types$1.parenR)?node.options=null:(node.options=this.parseMaybeAssign(),
this.eat(types$1.parenR)||(this.expect(types$1.comma),this.afterTrailingComma(types$1.parenR)||this.unexpected())));else if(!this.
eat(types$1.parenR)){var errorPos=this.start;this.eat(types$1.comma)&&this.eat(types$1.parenR)?this.raiseRecoverable(errorPos,
"Trailing comma is not allowed in import()"):this.unexpected(errorPos)}return this.finishNode(node,"ImportExpression")};
pp$5.parseImportMeta=function(node){this.next();var containsEsc=this.containsEsc;return node.property=this.parseIdent(!0),
node.property.name!=="meta"&&this.raiseRecoverable(node.property.start,"The only valid meta property for import is 'impo\
rt.meta'"),containsEsc&&this.raiseRecoverable(node.start,"'import.meta' must not contain escaped characters"),this.options.
sourceType!=="module"&&!this.options.allowImportExportEverywhere&&this.raiseRecoverable(node.start,"Cannot use 'import.m\
eta' outside a module"),this.finishNode(node,"MetaProperty")};pp$5.parseLiteral=function(value){var node=this.startNode();
return node.value=value,node.raw=this.input.slice(this.start,this.end),node.raw.charCodeAt(node.raw.length-1)===110&&(node.
bigint=node.value!=null?node.value.toString():node.raw.slice(0,-1).replace(/_/g,"")),this.next(),this.finishNode(node,"L\
iteral")};pp$5.parseParenExpression=function(){this.expect(types$1.parenL);var val=this.parseExpression();return this.expect(
types$1.parenR),val};pp$5.shouldParseArrow=function(exprList){return!this.canInsertSemicolon()};pp$5.parseParenAndDistinguishExpression=
function(canBeArrow,forInit){var startPos=this.start,startLoc=this.startLoc,val,allowTrailingComma=this.options.ecmaVersion>=
8;if(this.options.ecmaVersion>=6){this.next();var innerStartPos=this.start,innerStartLoc=this.startLoc,exprList=[],first=!0,
lastIsComma=!1,refDestructuringErrors=new DestructuringErrors,oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,spreadStart;
for(this.yieldPos=0,this.awaitPos=0;this.type!==types$1.parenR;)if(first?first=!1:this.expect(types$1.comma),allowTrailingComma&&
this.afterTrailingComma(types$1.parenR,!0)){lastIsComma=!0;break}else if(this.type===types$1.ellipsis){spreadStart=this.
start,exprList.push(this.parseParenItem(this.parseRestBinding())),this.type===types$1.comma&&this.raiseRecoverable(this.
start,"Comma is not permitted after the rest element");break}else exprList.push(this.parseMaybeAssign(!1,refDestructuringErrors,
this.parseParenItem));var innerEndPos=this.lastTokEnd,innerEndLoc=this.lastTokEndLoc;if(this.expect(types$1.parenR),canBeArrow&&
this.shouldParseArrow(exprList)&&this.eat(types$1.arrow))return this.checkPatternErrors(refDestructuringErrors,!1),this.
checkYieldAwaitInDefaultParams(),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.parseParenArrowList(startPos,startLoc,
exprList,forInit);(!exprList.length||lastIsComma)&&this.unexpected(this.lastTokStart),spreadStart&&this.unexpected(spreadStart),
this.checkExpressionErrors(refDestructuringErrors,!0),this.yieldPos=oldYieldPos||this.yieldPos,this.awaitPos=oldAwaitPos||
this.awaitPos,exprList.length>1?(val=this.startNodeAt(innerStartPos,innerStartLoc),val.expressions=exprList,this.finishNodeAt(
val,"SequenceExpression",innerEndPos,innerEndLoc)):val=exprList[0]}else val=this.parseParenExpression();if(this.options.
preserveParens){var par=this.startNodeAt(startPos,startLoc);return par.expression=val,this.finishNode(par,"Parenthesized\
Expression")}else return val};pp$5.parseParenItem=function(item){return item};pp$5.parseParenArrowList=function(startPos,startLoc,exprList,forInit){
return this.parseArrowExpression(this.startNodeAt(startPos,startLoc),exprList,!1,forInit)};var empty=[];pp$5.parseNew=function(){
this.containsEsc&&this.raiseRecoverable(this.start,"Escape sequence in keyword new");var node=this.startNode();if(this.next(),
this.options.ecmaVersion>=6&&this.type===types$1.dot){var meta=this.startNodeAt(node.start,node.loc&&node.loc.start);meta.
name="new",node.meta=this.finishNode(meta,"Identifier"),this.next();var containsEsc=this.containsEsc;return node.property=
this.parseIdent(!0),node.property.name!=="target"&&this.raiseRecoverable(node.property.start,"The only valid meta proper\
ty for new is 'new.target'"),containsEsc&&this.raiseRecoverable(node.start,"'new.target' must not contain escaped charac\
ters"),this.allowNewDotTarget||this.raiseRecoverable(node.start,"'new.target' can only be used in functions and class st\
atic block"),this.finishNode(node,"MetaProperty")}var startPos=this.start,startLoc=this.startLoc;return node.callee=this.
parseSubscripts(this.parseExprAtom(null,!1,!0),startPos,startLoc,!0,!1),node.callee.type==="Super"&&this.raiseRecoverable(
startPos,"Invalid use of 'super'"),this.eat(types$1.parenL)?node.arguments=this.parseExprList(types$1.parenR,this.options.
ecmaVersion>=8,!1):node.arguments=empty,this.finishNode(node,"NewExpression")};pp$5.parseTemplateElement=function(ref2){
var isTagged=ref2.isTagged,elem=this.startNode();return this.type===types$1.invalidTemplate?(isTagged||this.raiseRecoverable(
this.start,"Bad escape sequence in untagged template literal"),elem.value={raw:this.value.replace(/\r\n?/g,`
`),cooked:null}):elem.value={raw:this.input.slice(this.start,this.end).replace(/\r\n?/g,`
`),cooked:this.value},this.next(),elem.tail=this.type===types$1.backQuote,this.finishNode(elem,"TemplateElement")};pp$5.
parseTemplate=function(ref2){ref2===void 0&&(ref2={});var isTagged=ref2.isTagged;isTagged===void 0&&(isTagged=!1);var node=this.
startNode();this.next(),node.expressions=[];var curElt=this.parseTemplateElement({isTagged});for(node.quasis=[curElt];!curElt.
tail;)this.type===types$1.eof&&this.raise(this.pos,"Unterminated template literal"),this.expect(types$1.dollarBraceL),node.
expressions.push(this.parseExpression()),this.expect(types$1.braceR),node.quasis.push(curElt=this.parseTemplateElement({
isTagged}));return this.next(),this.finishNode(node,"TemplateLiteral")};pp$5.isAsyncProp=function(prop){return!prop.computed&&
prop.key.type==="Identifier"&&prop.key.name==="async"&&(this.type===types$1.name||this.type===types$1.num||this.type===types$1.
string||this.type===types$1.bracketL||this.type.keyword||this.options.ecmaVersion>=9&&this.type===types$1.star)&&!lineBreak.
test(this.input.slice(this.lastTokEnd,this.start))};pp$5.parseObj=function(isPattern,refDestructuringErrors){var node=this.
startNode(),first=!0,propHash={};for(node.properties=[],this.next();!this.eat(types$1.braceR);){if(first)first=!1;else if(this.
expect(types$1.comma),this.options.ecmaVersion>=5&&this.afterTrailingComma(types$1.braceR))break;var prop=this.parseProperty(
isPattern,refDestructuringErrors);isPattern||this.checkPropClash(prop,propHash,refDestructuringErrors),node.properties.push(
prop)}return this.finishNode(node,isPattern?"ObjectPattern":"ObjectExpression")};pp$5.parseProperty=function(isPattern,refDestructuringErrors){
var prop=this.startNode(),isGenerator,isAsync,startPos,startLoc;if(this.options.ecmaVersion>=9&&this.eat(types$1.ellipsis))
return isPattern?(prop.argument=this.parseIdent(!1),this.type===types$1.comma&&this.raiseRecoverable(this.start,"Comma i\
s not permitted after the rest element"),this.finishNode(prop,"RestElement")):(prop.argument=this.parseMaybeAssign(!1,refDestructuringErrors),
this.type===types$1.comma&&refDestructuringErrors&&refDestructuringErrors.trailingComma<0&&(refDestructuringErrors.trailingComma=
this.start),this.finishNode(prop,"SpreadElement"));this.options.ecmaVersion>=6&&(prop.method=!1,prop.shorthand=!1,(isPattern||
refDestructuringErrors)&&(startPos=this.start,startLoc=this.startLoc),isPattern||(isGenerator=this.eat(types$1.star)));var containsEsc=this.
containsEsc;return this.parsePropertyName(prop),!isPattern&&!containsEsc&&this.options.ecmaVersion>=8&&!isGenerator&&this.
isAsyncProp(prop)?(isAsync=!0,isGenerator=this.options.ecmaVersion>=9&&this.eat(types$1.star),this.parsePropertyName(prop)):
isAsync=!1,this.parsePropertyValue(prop,isPattern,isGenerator,isAsync,startPos,startLoc,refDestructuringErrors,containsEsc),
this.finishNode(prop,"Property")};pp$5.parseGetterSetter=function(prop){var kind=prop.key.name;this.parsePropertyName(prop),
prop.value=this.parseMethod(!1),prop.kind=kind;var paramCount=prop.kind==="get"?0:1;if(prop.value.params.length!==paramCount){
var start=prop.value.start;prop.kind==="get"?this.raiseRecoverable(start,"getter should have no params"):this.raiseRecoverable(
start,"setter should have exactly one param")}else prop.kind==="set"&&prop.value.params[0].type==="RestElement"&&this.raiseRecoverable(
prop.value.params[0].start,"Setter cannot use rest params")};pp$5.parsePropertyValue=function(prop,isPattern,isGenerator,isAsync,startPos,startLoc,refDestructuringErrors,containsEsc){
(isGenerator||isAsync)&&this.type===types$1.colon&&this.unexpected(),this.eat(types$1.colon)?(prop.value=isPattern?this.
parseMaybeDefault(this.start,this.startLoc):this.parseMaybeAssign(!1,refDestructuringErrors),prop.kind="init"):this.options.
ecmaVersion>=6&&this.type===types$1.parenL?(isPattern&&this.unexpected(),prop.method=!0,prop.value=this.parseMethod(isGenerator,
isAsync),prop.kind="init"):!isPattern&&!containsEsc&&this.options.ecmaVersion>=5&&!prop.computed&&prop.key.type==="Ident\
ifier"&&(prop.key.name==="get"||prop.key.name==="set")&&this.type!==types$1.comma&&this.type!==types$1.braceR&&this.type!==
types$1.eq?((isGenerator||isAsync)&&this.unexpected(),this.parseGetterSetter(prop)):this.options.ecmaVersion>=6&&!prop.computed&&
prop.key.type==="Identifier"?((isGenerator||isAsync)&&this.unexpected(),this.checkUnreserved(prop.key),prop.key.name==="\
await"&&!this.awaitIdentPos&&(this.awaitIdentPos=startPos),isPattern?prop.value=this.parseMaybeDefault(startPos,startLoc,
this.copyNode(prop.key)):this.type===types$1.eq&&refDestructuringErrors?(refDestructuringErrors.shorthandAssign<0&&(refDestructuringErrors.
shorthandAssign=this.start),prop.value=this.parseMaybeDefault(startPos,startLoc,this.copyNode(prop.key))):prop.value=this.
copyNode(prop.key),prop.kind="init",prop.shorthand=!0):this.unexpected()};pp$5.parsePropertyName=function(prop){if(this.
options.ecmaVersion>=6){if(this.eat(types$1.bracketL))return prop.computed=!0,prop.key=this.parseMaybeAssign(),this.expect(
types$1.bracketR),prop.key;prop.computed=!1}return prop.key=this.type===types$1.num||this.type===types$1.string?this.parseExprAtom():
this.parseIdent(this.options.allowReserved!=="never")};pp$5.initFunction=function(node){node.id=null,this.options.ecmaVersion>=
6&&(node.generator=node.expression=!1),this.options.ecmaVersion>=8&&(node.async=!1)};pp$5.parseMethod=function(isGenerator,isAsync,allowDirectSuper){
var node=this.startNode(),oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,oldAwaitIdentPos=this.awaitIdentPos;return this.
initFunction(node),this.options.ecmaVersion>=6&&(node.generator=isGenerator),this.options.ecmaVersion>=8&&(node.async=!!isAsync),
this.yieldPos=0,this.awaitPos=0,this.awaitIdentPos=0,this.enterScope(functionFlags(isAsync,node.generator)|SCOPE_SUPER|(allowDirectSuper?
SCOPE_DIRECT_SUPER:0)),this.expect(types$1.parenL),node.params=this.parseBindingList(types$1.parenR,!1,this.options.ecmaVersion>=
8),this.checkYieldAwaitInDefaultParams(),this.parseFunctionBody(node,!1,!0,!1),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,
this.awaitIdentPos=oldAwaitIdentPos,this.finishNode(node,"FunctionExpression")};pp$5.parseArrowExpression=function(node,params,isAsync,forInit){
var oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,oldAwaitIdentPos=this.awaitIdentPos;return this.enterScope(functionFlags(
isAsync,!1)|SCOPE_ARROW),this.initFunction(node),this.options.ecmaVersion>=8&&(node.async=!!isAsync),this.yieldPos=0,this.
awaitPos=0,this.awaitIdentPos=0,node.params=this.toAssignableList(params,!0),this.parseFunctionBody(node,!0,!1,forInit),
this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.awaitIdentPos=oldAwaitIdentPos,this.finishNode(node,"ArrowFunct\
ionExpression")};pp$5.parseFunctionBody=function(node,isArrowFunction,isMethod,forInit){var isExpression=isArrowFunction&&
this.type!==types$1.braceL,oldStrict=this.strict,useStrict=!1;if(isExpression)node.body=this.parseMaybeAssign(forInit),node.
expression=!0,this.checkParams(node,!1);else{var nonSimple=this.options.ecmaVersion>=7&&!this.isSimpleParamList(node.params);
(!oldStrict||nonSimple)&&(useStrict=this.strictDirective(this.end),useStrict&&nonSimple&&this.raiseRecoverable(node.start,
"Illegal 'use strict' directive in function with non-simple parameter list"));var oldLabels=this.labels;this.labels=[],useStrict&&
(this.strict=!0),this.checkParams(node,!oldStrict&&!useStrict&&!isArrowFunction&&!isMethod&&this.isSimpleParamList(node.
params)),this.strict&&node.id&&this.checkLValSimple(node.id,BIND_OUTSIDE),node.body=this.parseBlock(!1,void 0,useStrict&&
!oldStrict),node.expression=!1,this.adaptDirectivePrologue(node.body.body),this.labels=oldLabels}this.exitScope()};pp$5.
isSimpleParamList=function(params){for(var i2=0,list2=params;i2<list2.length;i2+=1){var param=list2[i2];if(param.type!==
"Identifier")return!1}return!0};pp$5.checkParams=function(node,allowDuplicates){for(var nameHash=Object.create(null),i2=0,
list2=node.params;i2<list2.length;i2+=1){var param=list2[i2];this.checkLValInnerPattern(param,BIND_VAR,allowDuplicates?null:
nameHash)}};pp$5.parseExprList=function(close,allowTrailingComma,allowEmpty,refDestructuringErrors){for(var elts=[],first=!0;!this.
eat(close);){if(first)first=!1;else if(this.expect(types$1.comma),allowTrailingComma&&this.afterTrailingComma(close))break;
var elt=void 0;allowEmpty&&this.type===types$1.comma?elt=null:this.type===types$1.ellipsis?(elt=this.parseSpread(refDestructuringErrors),
refDestructuringErrors&&this.type===types$1.comma&&refDestructuringErrors.trailingComma<0&&(refDestructuringErrors.trailingComma=
this.start)):elt=this.parseMaybeAssign(!1,refDestructuringErrors),elts.push(elt)}return elts};pp$5.checkUnreserved=function(ref2){
var start=ref2.start,end=ref2.end,name=ref2.name;if(this.inGenerator&&name==="yield"&&this.raiseRecoverable(start,"Canno\
t use 'yield' as identifier inside a generator"),this.inAsync&&name==="await"&&this.raiseRecoverable(start,"Cannot use '\
await' as identifier inside an async function"),!(this.currentThisScope().flags&SCOPE_VAR)&&name==="arguments"&&this.raiseRecoverable(
start,"Cannot use 'arguments' in class field initializer"),this.inClassStaticBlock&&(name==="arguments"||name==="await")&&
this.raise(start,"Cannot use "+name+" in class static initialization block"),this.keywords.test(name)&&this.raise(start,
"Unexpected keyword '"+name+"'"),!(this.options.ecmaVersion<6&&this.input.slice(start,end).indexOf("\\")!==-1)){var re=this.
strict?this.reservedWordsStrict:this.reservedWords;re.test(name)&&(!this.inAsync&&name==="await"&&this.raiseRecoverable(
start,"Cannot use keyword 'await' outside an async function"),this.raiseRecoverable(start,"The keyword '"+name+"' is res\
erved"))}};pp$5.parseIdent=function(liberal){var node=this.parseIdentNode();return this.next(!!liberal),this.finishNode(
node,"Identifier"),liberal||(this.checkUnreserved(node),node.name==="await"&&!this.awaitIdentPos&&(this.awaitIdentPos=node.
start)),node};pp$5.parseIdentNode=function(){var node=this.startNode();return this.type===types$1.name?node.name=this.value:
this.type.keyword?(node.name=this.type.keyword,(node.name==="class"||node.name==="function")&&(this.lastTokEnd!==this.lastTokStart+
1||this.input.charCodeAt(this.lastTokStart)!==46)&&this.context.pop(),this.type=types$1.name):this.unexpected(),node};pp$5.
parsePrivateIdent=function(){var node=this.startNode();return this.type===types$1.privateId?node.name=this.value:this.unexpected(),
this.next(),this.finishNode(node,"PrivateIdentifier"),this.options.checkPrivateFields&&(this.privateNameStack.length===0?
this.raise(node.start,"Private field '#"+node.name+"' must be declared in an enclosing class"):this.privateNameStack[this.
privateNameStack.length-1].used.push(node)),node};pp$5.parseYield=function(forInit){this.yieldPos||(this.yieldPos=this.start);
var node=this.startNode();return this.next(),this.type===types$1.semi||this.canInsertSemicolon()||this.type!==types$1.star&&
!this.type.startsExpr?(node.delegate=!1,node.argument=null):(node.delegate=this.eat(types$1.star),node.argument=this.parseMaybeAssign(
forInit)),this.finishNode(node,"YieldExpression")};pp$5.parseAwait=function(forInit){this.awaitPos||(this.awaitPos=this.
start);var node=this.startNode();return this.next(),node.argument=this.parseMaybeUnary(null,!0,!1,forInit),this.finishNode(
node,"AwaitExpression")};var pp$4=Parser.prototype;pp$4.raise=function(pos,message){var loc=getLineInfo(this.input,pos);
message+=" ("+loc.line+":"+loc.column+")",this.sourceFile&&(message+=" in "+this.sourceFile);var err=new SyntaxError(message);
throw err.pos=pos,err.loc=loc,err.raisedAt=this.pos,err};pp$4.raiseRecoverable=pp$4.raise;pp$4.curPosition=function(){if(this.
options.locations)return new Position(this.curLine,this.pos-this.lineStart)};var pp$3=Parser.prototype,Scope=function(flags){
this.flags=flags,this.var=[],this.lexical=[],this.functions=[]};pp$3.enterScope=function(flags){this.scopeStack.push(new Scope(
flags))};pp$3.exitScope=function(){this.scopeStack.pop()};pp$3.treatFunctionsAsVarInScope=function(scope){return scope.flags&
SCOPE_FUNCTION||!this.inModule&&scope.flags&SCOPE_TOP};pp$3.declareName=function(name,bindingType,pos){var redeclared=!1;
if(bindingType===BIND_LEXICAL){var scope=this.currentScope();redeclared=scope.lexical.indexOf(name)>-1||scope.functions.
indexOf(name)>-1||scope.var.indexOf(name)>-1,scope.lexical.push(name),this.inModule&&scope.flags&SCOPE_TOP&&delete this.
undefinedExports[name]}else if(bindingType===BIND_SIMPLE_CATCH){var scope$1=this.currentScope();scope$1.lexical.push(name)}else if(bindingType===
BIND_FUNCTION){var scope$2=this.currentScope();this.treatFunctionsAsVar?redeclared=scope$2.lexical.indexOf(name)>-1:redeclared=
scope$2.lexical.indexOf(name)>-1||scope$2.var.indexOf(name)>-1,scope$2.functions.push(name)}else for(var i2=this.scopeStack.
length-1;i2>=0;--i2){var scope$3=this.scopeStack[i2];if(scope$3.lexical.indexOf(name)>-1&&!(scope$3.flags&SCOPE_SIMPLE_CATCH&&
scope$3.lexical[0]===name)||!this.treatFunctionsAsVarInScope(scope$3)&&scope$3.functions.indexOf(name)>-1){redeclared=!0;
break}if(scope$3.var.push(name),this.inModule&&scope$3.flags&SCOPE_TOP&&delete this.undefinedExports[name],scope$3.flags&
SCOPE_VAR)break}redeclared&&this.raiseRecoverable(pos,"Identifier '"+name+"' has already been declared")};pp$3.checkLocalExport=
function(id){this.scopeStack[0].lexical.indexOf(id.name)===-1&&this.scopeStack[0].var.indexOf(id.name)===-1&&(this.undefinedExports[id.
name]=id)};pp$3.currentScope=function(){return this.scopeStack[this.scopeStack.length-1]};pp$3.currentVarScope=function(){
for(var i2=this.scopeStack.length-1;;i2--){var scope=this.scopeStack[i2];if(scope.flags&(SCOPE_VAR|SCOPE_CLASS_FIELD_INIT|
SCOPE_CLASS_STATIC_BLOCK))return scope}};pp$3.currentThisScope=function(){for(var i2=this.scopeStack.length-1;;i2--){var scope=this.
scopeStack[i2];if(scope.flags&(SCOPE_VAR|SCOPE_CLASS_FIELD_INIT|SCOPE_CLASS_STATIC_BLOCK)&&!(scope.flags&SCOPE_ARROW))return scope}};
var Node=function(parser,pos,loc){this.type="",this.start=pos,this.end=0,parser.options.locations&&(this.loc=new SourceLocation(
parser,loc)),parser.options.directSourceFile&&(this.sourceFile=parser.options.directSourceFile),parser.options.ranges&&(this.
range=[pos,0])},pp$2=Parser.prototype;pp$2.startNode=function(){return new Node(this,this.start,this.startLoc)};pp$2.startNodeAt=
function(pos,loc){return new Node(this,pos,loc)};function finishNodeAt(node,type,pos,loc){return node.type=type,node.end=
pos,this.options.locations&&(node.loc.end=loc),this.options.ranges&&(node.range[1]=pos),node}pp$2.finishNode=function(node,type){
return finishNodeAt.call(this,node,type,this.lastTokEnd,this.lastTokEndLoc)};pp$2.finishNodeAt=function(node,type,pos,loc){
return finishNodeAt.call(this,node,type,pos,loc)};pp$2.copyNode=function(node){var newNode=new Node(this,node.start,this.
startLoc);for(var prop in node)newNode[prop]=node[prop];return newNode};var scriptValuesAddedInUnicode="Berf Beria_Erfe \
Gara Garay Gukh Gurung_Khema Hrkt Katakana_Or_Hiragana Kawi Kirat_Rai Krai Nag_Mundari Nagm Ol_Onal Onao Sidetic Sidt Su\
nu Sunuwar Tai_Yo Tayo Todhri Todr Tolong_Siki Tols Tulu_Tigalari Tutg Unknown Zzzz",ecma9BinaryProperties="ASCII ASCII_\
Hex_Digit AHex Alphabetic Alpha Any Assigned Bidi_Control Bidi_C Bidi_Mirrored Bidi_M Case_Ignorable CI Cased Changes_Wh\
en_Casefolded CWCF Changes_When_Casemapped CWCM Changes_When_Lowercased CWL Changes_When_NFKC_Casefolded CWKCF Changes_W\
hen_Titlecased CWT Changes_When_Uppercased CWU Dash Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji E\
moji_Component Emoji_Modifier Emoji_Modifier_Base Emoji_Presentation Extender Ext Grapheme_Base Gr_Base Grapheme_Extend \
Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC ID_Start IDS Ideographic Ideo Jo\
in_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math Noncharacter_Code_Point NChar Pattern_Syntax Pat_Syn \
Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI Sentence_Terminal STerm Soft_Dotted SD Ter\
minal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper Variation_Selector VS White_Space space XID_Continue XIDC\
 XID_Start XIDS",ecma10BinaryProperties=ecma9BinaryProperties+" Extended_Pictographic",ecma11BinaryProperties=ecma10BinaryProperties,
ecma12BinaryProperties=ecma11BinaryProperties+" EBase EComp EMod EPres ExtPict",ecma13BinaryProperties=ecma12BinaryProperties,
ecma14BinaryProperties=ecma13BinaryProperties,unicodeBinaryProperties={9:ecma9BinaryProperties,10:ecma10BinaryProperties,
11:ecma11BinaryProperties,12:ecma12BinaryProperties,13:ecma13BinaryProperties,14:ecma14BinaryProperties},ecma14BinaryPropertiesOfStrings="\
Basic_Emoji Emoji_Keycap_Sequence RGI_Emoji_Modifier_Sequence RGI_Emoji_Flag_Sequence RGI_Emoji_Tag_Sequence RGI_Emoji_Z\
WJ_Sequence RGI_Emoji",unicodeBinaryPropertiesOfStrings={9:"",10:"",11:"",12:"",13:"",14:ecma14BinaryPropertiesOfStrings},
unicodeGeneralCategoryValues="Cased_Letter LC Close_Punctuation Pe Connector_Punctuation Pc Control Cc cntrl Currency_Sy\
mbol Sc Dash_Punctuation Pd Decimal_Number Nd digit Enclosing_Mark Me Final_Punctuation Pf Format Cf Initial_Punctuation\
 Pi Letter L Letter_Number Nl Line_Separator Zl Lowercase_Letter Ll Mark M Combining_Mark Math_Symbol Sm Modifier_Letter\
 Lm Modifier_Symbol Sk Nonspacing_Mark Mn Number N Open_Punctuation Ps Other C Other_Letter Lo Other_Number No Other_Pun\
ctuation Po Other_Symbol So Paragraph_Separator Zp Private_Use Co Punctuation P punct Separator Z Space_Separator Zs Spa\
cing_Mark Mc Surrogate Cs Symbol S Titlecase_Letter Lt Unassigned Cn Uppercase_Letter Lu",ecma9ScriptValues="Adlam Adlm \
Ahom Anatolian_Hieroglyphs Hluw Arabic Arab Armenian Armn Avestan Avst Balinese Bali Bamum Bamu Bassa_Vah Bass Batak Bat\
k Bengali Beng Bhaiksuki Bhks Bopomofo Bopo Brahmi Brah Braille Brai Buginese Bugi Buhid Buhd Canadian_Aboriginal Cans C\
arian Cari Caucasian_Albanian Aghb Chakma Cakm Cham Cham Cherokee Cher Common Zyyy Coptic Copt Qaac Cuneiform Xsux Cypri\
ot Cprt Cyrillic Cyrl Deseret Dsrt Devanagari Deva Duployan Dupl Egyptian_Hieroglyphs Egyp Elbasan Elba Ethiopic Ethi Ge\
orgian Geor Glagolitic Glag Gothic Goth Grantha Gran Greek Grek Gujarati Gujr Gurmukhi Guru Han Hani Hangul Hang Hanunoo\
 Hano Hatran Hatr Hebrew Hebr Hiragana Hira Imperial_Aramaic Armi Inherited Zinh Qaai Inscriptional_Pahlavi Phli Inscrip\
tional_Parthian Prti Javanese Java Kaithi Kthi Kannada Knda Katakana Kana Kayah_Li Kali Kharoshthi Khar Khmer Khmr Khojk\
i Khoj Khudawadi Sind Lao Laoo Latin Latn Lepcha Lepc Limbu Limb Linear_A Lina Linear_B Linb Lisu Lisu Lycian Lyci Lydia\
n Lydi Mahajani Mahj Malayalam Mlym Mandaic Mand Manichaean Mani Marchen Marc Masaram_Gondi Gonm Meetei_Mayek Mtei Mende\
_Kikakui Mend Meroitic_Cursive Merc Meroitic_Hieroglyphs Mero Miao Plrd Modi Mongolian Mong Mro Mroo Multani Mult Myanma\
r Mymr Nabataean Nbat New_Tai_Lue Talu Newa Newa Nko Nkoo Nushu Nshu Ogham Ogam Ol_Chiki Olck Old_Hungarian Hung Old_Ita\
lic Ital Old_North_Arabian Narb Old_Permic Perm Old_Persian Xpeo Old_South_Arabian Sarb Old_Turkic Orkh Oriya Orya Osage\
 Osge Osmanya Osma Pahawh_Hmong Hmng Palmyrene Palm Pau_Cin_Hau Pauc Phags_Pa Phag Phoenician Phnx Psalter_Pahlavi Phlp \
Rejang Rjng Runic Runr Samaritan Samr Saurashtra Saur Sharada Shrd Shavian Shaw Siddham Sidd SignWriting Sgnw Sinhala Si\
nh Sora_Sompeng Sora Soyombo Soyo Sundanese Sund Syloti_Nagri Sylo Syriac Syrc Tagalog Tglg Tagbanwa Tagb Tai_Le Tale Ta\
i_Tham Lana Tai_Viet Tavt Takri Takr Tamil Taml Tangut Tang Telugu Telu Thaana Thaa Thai Thai Tibetan Tibt Tifinagh Tfng\
 Tirhuta Tirh Ugaritic Ugar Vai Vaii Warang_Citi Wara Yi Yiii Zanabazar_Square Zanb",ecma10ScriptValues=ecma9ScriptValues+
" Dogra Dogr Gunjala_Gondi Gong Hanifi_Rohingya Rohg Makasar Maka Medefaidrin Medf Old_Sogdian Sogo Sogdian Sogd",ecma11ScriptValues=ecma10ScriptValues+
" Elymaic Elym Nandinagari Nand Nyiakeng_Puachue_Hmong Hmnp Wancho Wcho",ecma12ScriptValues=ecma11ScriptValues+" Chorasm\
ian Chrs Diak Dives_Akuru Khitan_Small_Script Kits Yezi Yezidi",ecma13ScriptValues=ecma12ScriptValues+" Cypro_Minoan Cpm\
n Old_Uyghur Ougr Tangsa Tnsa Toto Vithkuqi Vith",ecma14ScriptValues=ecma13ScriptValues+" "+scriptValuesAddedInUnicode,unicodeScriptValues={
9:ecma9ScriptValues,10:ecma10ScriptValues,11:ecma11ScriptValues,12:ecma12ScriptValues,13:ecma13ScriptValues,14:ecma14ScriptValues},
data={};function buildUnicodeData(ecmaVersion2){var d=data[ecmaVersion2]={binary:wordsRegexp(unicodeBinaryProperties[ecmaVersion2]+
" "+unicodeGeneralCategoryValues),binaryOfStrings:wordsRegexp(unicodeBinaryPropertiesOfStrings[ecmaVersion2]),nonBinary:{
General_Category:wordsRegexp(unicodeGeneralCategoryValues),Script:wordsRegexp(unicodeScriptValues[ecmaVersion2])}};d.nonBinary.
Script_Extensions=d.nonBinary.Script,d.nonBinary.gc=d.nonBinary.General_Category,d.nonBinary.sc=d.nonBinary.Script,d.nonBinary.
scx=d.nonBinary.Script_Extensions}for(i=0,list=[9,10,11,12,13,14];i<list.length;i+=1)ecmaVersion=list[i],buildUnicodeData(
ecmaVersion);var ecmaVersion,i,list,pp$1=Parser.prototype,BranchID=function(parent,base){this.parent=parent,this.base=base||
this};BranchID.prototype.separatedFrom=function(alt){for(var self=this;self;self=self.parent)for(var other=alt;other;other=
other.parent)if(self.base===other.base&&self!==other)return!0;return!1};BranchID.prototype.sibling=function(){return new BranchID(
this.parent,this.base)};var RegExpValidationState=function(parser){this.parser=parser,this.validFlags="gim"+(parser.options.
ecmaVersion>=6?"uy":"")+(parser.options.ecmaVersion>=9?"s":"")+(parser.options.ecmaVersion>=13?"d":"")+(parser.options.ecmaVersion>=
15?"v":""),this.unicodeProperties=data[parser.options.ecmaVersion>=14?14:parser.options.ecmaVersion],this.source="",this.
flags="",this.start=0,this.switchU=!1,this.switchV=!1,this.switchN=!1,this.pos=0,this.lastIntValue=0,this.lastStringValue=
"",this.lastAssertionIsQuantifiable=!1,this.numCapturingParens=0,this.maxBackReference=0,this.groupNames=Object.create(null),
this.backReferenceNames=[],this.branchID=null};RegExpValidationState.prototype.reset=function(start,pattern,flags){var unicodeSets=flags.
indexOf("v")!==-1,unicode=flags.indexOf("u")!==-1;this.start=start|0,this.source=pattern+"",this.flags=flags,unicodeSets&&
this.parser.options.ecmaVersion>=15?(this.switchU=!0,this.switchV=!0,this.switchN=!0):(this.switchU=unicode&&this.parser.
options.ecmaVersion>=6,this.switchV=!1,this.switchN=unicode&&this.parser.options.ecmaVersion>=9)};RegExpValidationState.
prototype.raise=function(message){this.parser.raiseRecoverable(this.start,"Invalid regular expression: /"+this.source+"/\
: "+message)};RegExpValidationState.prototype.at=function(i2,forceU){forceU===void 0&&(forceU=!1);var s=this.source,l=s.
length;if(i2>=l)return-1;var c=s.charCodeAt(i2);if(!(forceU||this.switchU)||c<=55295||c>=57344||i2+1>=l)return c;var next=s.
charCodeAt(i2+1);return next>=56320&&next<=57343?(c<<10)+next-56613888:c};RegExpValidationState.prototype.nextIndex=function(i2,forceU){
forceU===void 0&&(forceU=!1);var s=this.source,l=s.length;if(i2>=l)return l;var c=s.charCodeAt(i2),next;return!(forceU||
this.switchU)||c<=55295||c>=57344||i2+1>=l||(next=s.charCodeAt(i2+1))<56320||next>57343?i2+1:i2+2};RegExpValidationState.
prototype.current=function(forceU){return forceU===void 0&&(forceU=!1),this.at(this.pos,forceU)};RegExpValidationState.prototype.
lookahead=function(forceU){return forceU===void 0&&(forceU=!1),this.at(this.nextIndex(this.pos,forceU),forceU)};RegExpValidationState.
prototype.advance=function(forceU){forceU===void 0&&(forceU=!1),this.pos=this.nextIndex(this.pos,forceU)};RegExpValidationState.
prototype.eat=function(ch,forceU){return forceU===void 0&&(forceU=!1),this.current(forceU)===ch?(this.advance(forceU),!0):
!1};RegExpValidationState.prototype.eatChars=function(chs,forceU){forceU===void 0&&(forceU=!1);for(var pos=this.pos,i2=0,
list2=chs;i2<list2.length;i2+=1){var ch=list2[i2],current2=this.at(pos,forceU);if(current2===-1||current2!==ch)return!1;
pos=this.nextIndex(pos,forceU)}return this.pos=pos,!0};pp$1.validateRegExpFlags=function(state){for(var validFlags=state.
validFlags,flags=state.flags,u=!1,v=!1,i2=0;i2<flags.length;i2++){var flag=flags.charAt(i2);validFlags.indexOf(flag)===-1&&
this.raise(state.start,"Invalid regular expression flag"),flags.indexOf(flag,i2+1)>-1&&this.raise(state.start,"Duplicate\
 regular expression flag"),flag==="u"&&(u=!0),flag==="v"&&(v=!0)}this.options.ecmaVersion>=15&&u&&v&&this.raise(state.start,
"Invalid regular expression flag")};function hasProp(obj){for(var _ in obj)return!0;return!1}pp$1.validateRegExpPattern=
function(state){this.regexp_pattern(state),!state.switchN&&this.options.ecmaVersion>=9&&hasProp(state.groupNames)&&(state.
switchN=!0,this.regexp_pattern(state))};pp$1.regexp_pattern=function(state){state.pos=0,state.lastIntValue=0,state.lastStringValue=
"",state.lastAssertionIsQuantifiable=!1,state.numCapturingParens=0,state.maxBackReference=0,state.groupNames=Object.create(
null),state.backReferenceNames.length=0,state.branchID=null,this.regexp_disjunction(state),state.pos!==state.source.length&&
(state.eat(41)&&state.raise("Unmatched ')'"),(state.eat(93)||state.eat(125))&&state.raise("Lone quantifier brackets")),state.
maxBackReference>state.numCapturingParens&&state.raise("Invalid escape");for(var i2=0,list2=state.backReferenceNames;i2<
list2.length;i2+=1){var name=list2[i2];state.groupNames[name]||state.raise("Invalid named capture referenced")}};pp$1.regexp_disjunction=
function(state){var trackDisjunction=this.options.ecmaVersion>=16;for(trackDisjunction&&(state.branchID=new BranchID(state.
branchID,null)),this.regexp_alternative(state);state.eat(124);)trackDisjunction&&(state.branchID=state.branchID.sibling()),
this.regexp_alternative(state);trackDisjunction&&(state.branchID=state.branchID.parent),this.regexp_eatQuantifier(state,
!0)&&state.raise("Nothing to repeat"),state.eat(123)&&state.raise("Lone quantifier brackets")};pp$1.regexp_alternative=function(state){
for(;state.pos<state.source.length&&this.regexp_eatTerm(state););};pp$1.regexp_eatTerm=function(state){return this.regexp_eatAssertion(
state)?(state.lastAssertionIsQuantifiable&&this.regexp_eatQuantifier(state)&&state.switchU&&state.raise("Invalid quantif\
ier"),!0):(state.switchU?this.regexp_eatAtom(state):this.regexp_eatExtendedAtom(state))?(this.regexp_eatQuantifier(state),
!0):!1};pp$1.regexp_eatAssertion=function(state){var start=state.pos;if(state.lastAssertionIsQuantifiable=!1,state.eat(94)||
state.eat(36))return!0;if(state.eat(92)){if(state.eat(66)||state.eat(98))return!0;state.pos=start}if(state.eat(40)&&state.
eat(63)){var lookbehind=!1;if(this.options.ecmaVersion>=9&&(lookbehind=state.eat(60)),state.eat(61)||state.eat(33))return this.
regexp_disjunction(state),state.eat(41)||state.raise("Unterminated group"),state.lastAssertionIsQuantifiable=!lookbehind,
!0}return state.pos=start,!1};pp$1.regexp_eatQuantifier=function(state,noError){return noError===void 0&&(noError=!1),this.
regexp_eatQuantifierPrefix(state,noError)?(state.eat(63),!0):!1};pp$1.regexp_eatQuantifierPrefix=function(state,noError){
return state.eat(42)||state.eat(43)||state.eat(63)||this.regexp_eatBracedQuantifier(state,noError)};pp$1.regexp_eatBracedQuantifier=
function(state,noError){var start=state.pos;if(state.eat(123)){var min=0,max=-1;if(this.regexp_eatDecimalDigits(state)&&
(min=state.lastIntValue,state.eat(44)&&this.regexp_eatDecimalDigits(state)&&(max=state.lastIntValue),state.eat(125)))return max!==
-1&&max<min&&!noError&&state.raise("numbers out of order in {} quantifier"),!0;state.switchU&&!noError&&state.raise("Inc\
omplete quantifier"),state.pos=start}return!1};pp$1.regexp_eatAtom=function(state){return this.regexp_eatPatternCharacters(
state)||state.eat(46)||this.regexp_eatReverseSolidusAtomEscape(state)||this.regexp_eatCharacterClass(state)||this.regexp_eatUncapturingGroup(
state)||this.regexp_eatCapturingGroup(state)};pp$1.regexp_eatReverseSolidusAtomEscape=function(state){var start=state.pos;
if(state.eat(92)){if(this.regexp_eatAtomEscape(state))return!0;state.pos=start}return!1};pp$1.regexp_eatUncapturingGroup=
function(state){var start=state.pos;if(state.eat(40)){if(state.eat(63)){if(this.options.ecmaVersion>=16){var addModifiers=this.
regexp_eatModifiers(state),hasHyphen=state.eat(45);if(addModifiers||hasHyphen){for(var i2=0;i2<addModifiers.length;i2++){
var modifier=addModifiers.charAt(i2);addModifiers.indexOf(modifier,i2+1)>-1&&state.raise("Duplicate regular expression m\
odifiers")}if(hasHyphen){var removeModifiers=this.regexp_eatModifiers(state);!addModifiers&&!removeModifiers&&state.current()===
58&&state.raise("Invalid regular expression modifiers");for(var i$1=0;i$1<removeModifiers.length;i$1++){var modifier$1=removeModifiers.
charAt(i$1);(removeModifiers.indexOf(modifier$1,i$1+1)>-1||addModifiers.indexOf(modifier$1)>-1)&&state.raise("Duplicate \
regular expression modifiers")}}}}if(state.eat(58)){if(this.regexp_disjunction(state),state.eat(41))return!0;state.raise(
"Unterminated group")}}state.pos=start}return!1};pp$1.regexp_eatCapturingGroup=function(state){if(state.eat(40)){if(this.
options.ecmaVersion>=9?this.regexp_groupSpecifier(state):state.current()===63&&state.raise("Invalid group"),this.regexp_disjunction(
state),state.eat(41))return state.numCapturingParens+=1,!0;state.raise("Unterminated group")}return!1};pp$1.regexp_eatModifiers=
function(state){for(var modifiers="",ch=0;(ch=state.current())!==-1&&isRegularExpressionModifier(ch);)modifiers+=codePointToString(
ch),state.advance();return modifiers};function isRegularExpressionModifier(ch){return ch===105||ch===109||ch===115}pp$1.
regexp_eatExtendedAtom=function(state){return state.eat(46)||this.regexp_eatReverseSolidusAtomEscape(state)||this.regexp_eatCharacterClass(
state)||this.regexp_eatUncapturingGroup(state)||this.regexp_eatCapturingGroup(state)||this.regexp_eatInvalidBracedQuantifier(
state)||this.regexp_eatExtendedPatternCharacter(state)};pp$1.regexp_eatInvalidBracedQuantifier=function(state){return this.
regexp_eatBracedQuantifier(state,!0)&&state.raise("Nothing to repeat"),!1};pp$1.regexp_eatSyntaxCharacter=function(state){
var ch=state.current();return isSyntaxCharacter(ch)?(state.lastIntValue=ch,state.advance(),!0):!1};function isSyntaxCharacter(ch){
return ch===36||ch>=40&&ch<=43||ch===46||ch===63||ch>=91&&ch<=94||ch>=123&&ch<=125}pp$1.regexp_eatPatternCharacters=function(state){
for(var start=state.pos,ch=0;(ch=state.current())!==-1&&!isSyntaxCharacter(ch);)state.advance();return state.pos!==start};
pp$1.regexp_eatExtendedPatternCharacter=function(state){var ch=state.current();return ch!==-1&&ch!==36&&!(ch>=40&&ch<=43)&&
ch!==46&&ch!==63&&ch!==91&&ch!==94&&ch!==124?(state.advance(),!0):!1};pp$1.regexp_groupSpecifier=function(state){if(state.
eat(63)){this.regexp_eatGroupName(state)||state.raise("Invalid group");var trackDisjunction=this.options.ecmaVersion>=16,
known=state.groupNames[state.lastStringValue];if(known)if(trackDisjunction)for(var i2=0,list2=known;i2<list2.length;i2+=
1){var altID=list2[i2];altID.separatedFrom(state.branchID)||state.raise("Duplicate capture group name")}else state.raise(
"Duplicate capture group name");trackDisjunction?(known||(state.groupNames[state.lastStringValue]=[])).push(state.branchID):
state.groupNames[state.lastStringValue]=!0}};pp$1.regexp_eatGroupName=function(state){if(state.lastStringValue="",state.
eat(60)){if(this.regexp_eatRegExpIdentifierName(state)&&state.eat(62))return!0;state.raise("Invalid capture group name")}
return!1};pp$1.regexp_eatRegExpIdentifierName=function(state){if(state.lastStringValue="",this.regexp_eatRegExpIdentifierStart(
state)){for(state.lastStringValue+=codePointToString(state.lastIntValue);this.regexp_eatRegExpIdentifierPart(state);)state.
lastStringValue+=codePointToString(state.lastIntValue);return!0}return!1};pp$1.regexp_eatRegExpIdentifierStart=function(state){
var start=state.pos,forceU=this.options.ecmaVersion>=11,ch=state.current(forceU);return state.advance(forceU),ch===92&&this.
regexp_eatRegExpUnicodeEscapeSequence(state,forceU)&&(ch=state.lastIntValue),isRegExpIdentifierStart(ch)?(state.lastIntValue=
ch,!0):(state.pos=start,!1)};function isRegExpIdentifierStart(ch){return isIdentifierStart(ch,!0)||ch===36||ch===95}pp$1.
regexp_eatRegExpIdentifierPart=function(state){var start=state.pos,forceU=this.options.ecmaVersion>=11,ch=state.current(
forceU);return state.advance(forceU),ch===92&&this.regexp_eatRegExpUnicodeEscapeSequence(state,forceU)&&(ch=state.lastIntValue),
isRegExpIdentifierPart(ch)?(state.lastIntValue=ch,!0):(state.pos=start,!1)};function isRegExpIdentifierPart(ch){return isIdentifierChar(
ch,!0)||ch===36||ch===95||ch===8204||ch===8205}pp$1.regexp_eatAtomEscape=function(state){return this.regexp_eatBackReference(
state)||this.regexp_eatCharacterClassEscape(state)||this.regexp_eatCharacterEscape(state)||state.switchN&&this.regexp_eatKGroupName(
state)?!0:(state.switchU&&(state.current()===99&&state.raise("Invalid unicode escape"),state.raise("Invalid escape")),!1)};
pp$1.regexp_eatBackReference=function(state){var start=state.pos;if(this.regexp_eatDecimalEscape(state)){var n=state.lastIntValue;
if(state.switchU)return n>state.maxBackReference&&(state.maxBackReference=n),!0;if(n<=state.numCapturingParens)return!0;
state.pos=start}return!1};pp$1.regexp_eatKGroupName=function(state){if(state.eat(107)){if(this.regexp_eatGroupName(state))
return state.backReferenceNames.push(state.lastStringValue),!0;state.raise("Invalid named reference")}return!1};pp$1.regexp_eatCharacterEscape=
function(state){return this.regexp_eatControlEscape(state)||this.regexp_eatCControlLetter(state)||this.regexp_eatZero(state)||
this.regexp_eatHexEscapeSequence(state)||this.regexp_eatRegExpUnicodeEscapeSequence(state,!1)||!state.switchU&&this.regexp_eatLegacyOctalEscapeSequence(
state)||this.regexp_eatIdentityEscape(state)};pp$1.regexp_eatCControlLetter=function(state){var start=state.pos;if(state.
eat(99)){if(this.regexp_eatControlLetter(state))return!0;state.pos=start}return!1};pp$1.regexp_eatZero=function(state){return state.
current()===48&&!isDecimalDigit(state.lookahead())?(state.lastIntValue=0,state.advance(),!0):!1};pp$1.regexp_eatControlEscape=
function(state){var ch=state.current();return ch===116?(state.lastIntValue=9,state.advance(),!0):ch===110?(state.lastIntValue=
10,state.advance(),!0):ch===118?(state.lastIntValue=11,state.advance(),!0):ch===102?(state.lastIntValue=12,state.advance(),
!0):ch===114?(state.lastIntValue=13,state.advance(),!0):!1};pp$1.regexp_eatControlLetter=function(state){var ch=state.current();
return isControlLetter(ch)?(state.lastIntValue=ch%32,state.advance(),!0):!1};function isControlLetter(ch){return ch>=65&&
ch<=90||ch>=97&&ch<=122}pp$1.regexp_eatRegExpUnicodeEscapeSequence=function(state,forceU){forceU===void 0&&(forceU=!1);var start=state.
pos,switchU=forceU||state.switchU;if(state.eat(117)){if(this.regexp_eatFixedHexDigits(state,4)){var lead=state.lastIntValue;
if(switchU&&lead>=55296&&lead<=56319){var leadSurrogateEnd=state.pos;if(state.eat(92)&&state.eat(117)&&this.regexp_eatFixedHexDigits(
state,4)){var trail=state.lastIntValue;if(trail>=56320&&trail<=57343)return state.lastIntValue=(lead-55296)*1024+(trail-
56320)+65536,!0}state.pos=leadSurrogateEnd,state.lastIntValue=lead}return!0}if(switchU&&state.eat(123)&&this.regexp_eatHexDigits(
state)&&state.eat(125)&&isValidUnicode(state.lastIntValue))return!0;switchU&&state.raise("Invalid unicode escape"),state.
pos=start}return!1};function isValidUnicode(ch){return ch>=0&&ch<=1114111}pp$1.regexp_eatIdentityEscape=function(state){
if(state.switchU)return this.regexp_eatSyntaxCharacter(state)?!0:state.eat(47)?(state.lastIntValue=47,!0):!1;var ch=state.
current();return ch!==99&&(!state.switchN||ch!==107)?(state.lastIntValue=ch,state.advance(),!0):!1};pp$1.regexp_eatDecimalEscape=
function(state){state.lastIntValue=0;var ch=state.current();if(ch>=49&&ch<=57){do state.lastIntValue=10*state.lastIntValue+
(ch-48),state.advance();while((ch=state.current())>=48&&ch<=57);return!0}return!1};var CharSetNone=0,CharSetOk=1,CharSetString=2;
pp$1.regexp_eatCharacterClassEscape=function(state){var ch=state.current();if(isCharacterClassEscape(ch))return state.lastIntValue=
-1,state.advance(),CharSetOk;var negate=!1;if(state.switchU&&this.options.ecmaVersion>=9&&((negate=ch===80)||ch===112)){
state.lastIntValue=-1,state.advance();var result;if(state.eat(123)&&(result=this.regexp_eatUnicodePropertyValueExpression(
state))&&state.eat(125))return negate&&result===CharSetString&&state.raise("Invalid property name"),result;state.raise("\
Invalid property name")}return CharSetNone};function isCharacterClassEscape(ch){return ch===100||ch===68||ch===115||ch===
83||ch===119||ch===87}pp$1.regexp_eatUnicodePropertyValueExpression=function(state){var start=state.pos;if(this.regexp_eatUnicodePropertyName(
state)&&state.eat(61)){var name=state.lastStringValue;if(this.regexp_eatUnicodePropertyValue(state)){var value=state.lastStringValue;
return this.regexp_validateUnicodePropertyNameAndValue(state,name,value),CharSetOk}}if(state.pos=start,this.regexp_eatLoneUnicodePropertyNameOrValue(
state)){var nameOrValue=state.lastStringValue;return this.regexp_validateUnicodePropertyNameOrValue(state,nameOrValue)}return CharSetNone};
pp$1.regexp_validateUnicodePropertyNameAndValue=function(state,name,value){hasOwn(state.unicodeProperties.nonBinary,name)||
state.raise("Invalid property name"),state.unicodeProperties.nonBinary[name].test(value)||state.raise("Invalid property \
value")};pp$1.regexp_validateUnicodePropertyNameOrValue=function(state,nameOrValue){if(state.unicodeProperties.binary.test(
nameOrValue))return CharSetOk;if(state.switchV&&state.unicodeProperties.binaryOfStrings.test(nameOrValue))return CharSetString;
state.raise("Invalid property name")};pp$1.regexp_eatUnicodePropertyName=function(state){var ch=0;for(state.lastStringValue=
"";isUnicodePropertyNameCharacter(ch=state.current());)state.lastStringValue+=codePointToString(ch),state.advance();return state.
lastStringValue!==""};function isUnicodePropertyNameCharacter(ch){return isControlLetter(ch)||ch===95}pp$1.regexp_eatUnicodePropertyValue=
function(state){var ch=0;for(state.lastStringValue="";isUnicodePropertyValueCharacter(ch=state.current());)state.lastStringValue+=
codePointToString(ch),state.advance();return state.lastStringValue!==""};function isUnicodePropertyValueCharacter(ch){return isUnicodePropertyNameCharacter(
ch)||isDecimalDigit(ch)}pp$1.regexp_eatLoneUnicodePropertyNameOrValue=function(state){return this.regexp_eatUnicodePropertyValue(
state)};pp$1.regexp_eatCharacterClass=function(state){if(state.eat(91)){var negate=state.eat(94),result=this.regexp_classContents(
state);return state.eat(93)||state.raise("Unterminated character class"),negate&&result===CharSetString&&state.raise("Ne\
gated character class may contain strings"),!0}return!1};pp$1.regexp_classContents=function(state){return state.current()===
93?CharSetOk:state.switchV?this.regexp_classSetExpression(state):(this.regexp_nonEmptyClassRanges(state),CharSetOk)};pp$1.
regexp_nonEmptyClassRanges=function(state){for(;this.regexp_eatClassAtom(state);){var left=state.lastIntValue;if(state.eat(
45)&&this.regexp_eatClassAtom(state)){var right=state.lastIntValue;state.switchU&&(left===-1||right===-1)&&state.raise("\
Invalid character class"),left!==-1&&right!==-1&&left>right&&state.raise("Range out of order in character class")}}};pp$1.
regexp_eatClassAtom=function(state){var start=state.pos;if(state.eat(92)){if(this.regexp_eatClassEscape(state))return!0;
if(state.switchU){var ch$1=state.current();(ch$1===99||isOctalDigit(ch$1))&&state.raise("Invalid class escape"),state.raise(
"Invalid escape")}state.pos=start}var ch=state.current();return ch!==93?(state.lastIntValue=ch,state.advance(),!0):!1};pp$1.
regexp_eatClassEscape=function(state){var start=state.pos;if(state.eat(98))return state.lastIntValue=8,!0;if(state.switchU&&
state.eat(45))return state.lastIntValue=45,!0;if(!state.switchU&&state.eat(99)){if(this.regexp_eatClassControlLetter(state))
return!0;state.pos=start}return this.regexp_eatCharacterClassEscape(state)||this.regexp_eatCharacterEscape(state)};pp$1.
regexp_classSetExpression=function(state){var result=CharSetOk,subResult;if(!this.regexp_eatClassSetRange(state))if(subResult=
this.regexp_eatClassSetOperand(state)){subResult===CharSetString&&(result=CharSetString);for(var start=state.pos;state.eatChars(
[38,38]);){if(state.current()!==38&&(subResult=this.regexp_eatClassSetOperand(state))){subResult!==CharSetString&&(result=
CharSetOk);continue}state.raise("Invalid character in character class")}if(start!==state.pos)return result;for(;state.eatChars(
[45,45]);)this.regexp_eatClassSetOperand(state)||state.raise("Invalid character in character class");if(start!==state.pos)
return result}else state.raise("Invalid character in character class");for(;;)if(!this.regexp_eatClassSetRange(state)){if(subResult=
this.regexp_eatClassSetOperand(state),!subResult)return result;subResult===CharSetString&&(result=CharSetString)}};pp$1.
regexp_eatClassSetRange=function(state){var start=state.pos;if(this.regexp_eatClassSetCharacter(state)){var left=state.lastIntValue;
if(state.eat(45)&&this.regexp_eatClassSetCharacter(state)){var right=state.lastIntValue;return left!==-1&&right!==-1&&left>
right&&state.raise("Range out of order in character class"),!0}state.pos=start}return!1};pp$1.regexp_eatClassSetOperand=
function(state){return this.regexp_eatClassSetCharacter(state)?CharSetOk:this.regexp_eatClassStringDisjunction(state)||this.
regexp_eatNestedClass(state)};pp$1.regexp_eatNestedClass=function(state){var start=state.pos;if(state.eat(91)){var negate=state.
eat(94),result=this.regexp_classContents(state);if(state.eat(93))return negate&&result===CharSetString&&state.raise("Neg\
ated character class may contain strings"),result;state.pos=start}if(state.eat(92)){var result$1=this.regexp_eatCharacterClassEscape(
state);if(result$1)return result$1;state.pos=start}return null};pp$1.regexp_eatClassStringDisjunction=function(state){var start=state.
pos;if(state.eatChars([92,113])){if(state.eat(123)){var result=this.regexp_classStringDisjunctionContents(state);if(state.
eat(125))return result}else state.raise("Invalid escape");state.pos=start}return null};pp$1.regexp_classStringDisjunctionContents=
function(state){for(var result=this.regexp_classString(state);state.eat(124);)this.regexp_classString(state)===CharSetString&&
(result=CharSetString);return result};pp$1.regexp_classString=function(state){for(var count=0;this.regexp_eatClassSetCharacter(
state);)count++;return count===1?CharSetOk:CharSetString};pp$1.regexp_eatClassSetCharacter=function(state){var start=state.
pos;if(state.eat(92))return this.regexp_eatCharacterEscape(state)||this.regexp_eatClassSetReservedPunctuator(state)?!0:state.
eat(98)?(state.lastIntValue=8,!0):(state.pos=start,!1);var ch=state.current();return ch<0||ch===state.lookahead()&&isClassSetReservedDoublePunctuatorCharacter(
ch)||isClassSetSyntaxCharacter(ch)?!1:(state.advance(),state.lastIntValue=ch,!0)};function isClassSetReservedDoublePunctuatorCharacter(ch){
return ch===33||ch>=35&&ch<=38||ch>=42&&ch<=44||ch===46||ch>=58&&ch<=64||ch===94||ch===96||ch===126}function isClassSetSyntaxCharacter(ch){
return ch===40||ch===41||ch===45||ch===47||ch>=91&&ch<=93||ch>=123&&ch<=125}pp$1.regexp_eatClassSetReservedPunctuator=function(state){
var ch=state.current();return isClassSetReservedPunctuator(ch)?(state.lastIntValue=ch,state.advance(),!0):!1};function isClassSetReservedPunctuator(ch){
return ch===33||ch===35||ch===37||ch===38||ch===44||ch===45||ch>=58&&ch<=62||ch===64||ch===96||ch===126}pp$1.regexp_eatClassControlLetter=
function(state){var ch=state.current();return isDecimalDigit(ch)||ch===95?(state.lastIntValue=ch%32,state.advance(),!0):
!1};pp$1.regexp_eatHexEscapeSequence=function(state){var start=state.pos;if(state.eat(120)){if(this.regexp_eatFixedHexDigits(
state,2))return!0;state.switchU&&state.raise("Invalid escape"),state.pos=start}return!1};pp$1.regexp_eatDecimalDigits=function(state){
var start=state.pos,ch=0;for(state.lastIntValue=0;isDecimalDigit(ch=state.current());)state.lastIntValue=10*state.lastIntValue+
(ch-48),state.advance();return state.pos!==start};function isDecimalDigit(ch){return ch>=48&&ch<=57}pp$1.regexp_eatHexDigits=
function(state){var start=state.pos,ch=0;for(state.lastIntValue=0;isHexDigit(ch=state.current());)state.lastIntValue=16*
state.lastIntValue+hexToInt(ch),state.advance();return state.pos!==start};function isHexDigit(ch){return ch>=48&&ch<=57||
ch>=65&&ch<=70||ch>=97&&ch<=102}function hexToInt(ch){return ch>=65&&ch<=70?10+(ch-65):ch>=97&&ch<=102?10+(ch-97):ch-48}
pp$1.regexp_eatLegacyOctalEscapeSequence=function(state){if(this.regexp_eatOctalDigit(state)){var n1=state.lastIntValue;
if(this.regexp_eatOctalDigit(state)){var n2=state.lastIntValue;n1<=3&&this.regexp_eatOctalDigit(state)?state.lastIntValue=
n1*64+n2*8+state.lastIntValue:state.lastIntValue=n1*8+n2}else state.lastIntValue=n1;return!0}return!1};pp$1.regexp_eatOctalDigit=
function(state){var ch=state.current();return isOctalDigit(ch)?(state.lastIntValue=ch-48,state.advance(),!0):(state.lastIntValue=
0,!1)};function isOctalDigit(ch){return ch>=48&&ch<=55}pp$1.regexp_eatFixedHexDigits=function(state,length){var start=state.
pos;state.lastIntValue=0;for(var i2=0;i2<length;++i2){var ch=state.current();if(!isHexDigit(ch))return state.pos=start,!1;
state.lastIntValue=16*state.lastIntValue+hexToInt(ch),state.advance()}return!0};var Token=function(p){this.type=p.type,this.
value=p.value,this.start=p.start,this.end=p.end,p.options.locations&&(this.loc=new SourceLocation(p,p.startLoc,p.endLoc)),
p.options.ranges&&(this.range=[p.start,p.end])},pp=Parser.prototype;pp.next=function(ignoreEscapeSequenceInKeyword){!ignoreEscapeSequenceInKeyword&&
this.type.keyword&&this.containsEsc&&this.raiseRecoverable(this.start,"Escape sequence in keyword "+this.type.keyword),this.
options.onToken&&this.options.onToken(new Token(this)),this.lastTokEnd=this.end,this.lastTokStart=this.start,this.lastTokEndLoc=
this.endLoc,this.lastTokStartLoc=this.startLoc,this.nextToken()};pp.getToken=function(){return this.next(),new Token(this)};
typeof Symbol<"u"&&(pp[Symbol.iterator]=function(){var this$1$1=this;return{next:function(){var token=this$1$1.getToken();
return{done:token.type===types$1.eof,value:token}}}});pp.nextToken=function(){var curContext=this.curContext();if((!curContext||
!curContext.preserveSpace)&&this.skipSpace(),this.start=this.pos,this.options.locations&&(this.startLoc=this.curPosition()),
this.pos>=this.input.length)return this.finishToken(types$1.eof);if(curContext.override)return curContext.override(this);
this.readToken(this.fullCharCodeAtPos())};pp.readToken=function(code){return isIdentifierStart(code,this.options.ecmaVersion>=
6)||code===92?this.readWord():this.getTokenFromCode(code)};pp.fullCharCodeAt=function(pos){var code=this.input.charCodeAt(
pos);if(code<=55295||code>=56320)return code;var next=this.input.charCodeAt(pos+1);return next<=56319||next>=57344?code:
(code<<10)+next-56613888};pp.fullCharCodeAtPos=function(){return this.fullCharCodeAt(this.pos)};pp.skipBlockComment=function(){
var startLoc=this.options.onComment&&this.curPosition(),start=this.pos,end=this.input.indexOf("*/",this.pos+=2);if(end===
-1&&this.raise(this.pos-2,"Unterminated comment"),this.pos=end+2,this.options.locations)for(var nextBreak=void 0,pos=start;(nextBreak=
nextLineBreak(this.input,pos,this.pos))>-1;)++this.curLine,pos=this.lineStart=nextBreak;this.options.onComment&&this.options.
onComment(!0,this.input.slice(start+2,end),start,this.pos,startLoc,this.curPosition())};pp.skipLineComment=function(startSkip){
for(var start=this.pos,startLoc=this.options.onComment&&this.curPosition(),ch=this.input.charCodeAt(this.pos+=startSkip);this.
pos<this.input.length&&!isNewLine(ch);)ch=this.input.charCodeAt(++this.pos);this.options.onComment&&this.options.onComment(
!1,this.input.slice(start+startSkip,this.pos),start,this.pos,startLoc,this.curPosition())};pp.skipSpace=function(){loop:
for(;this.pos<this.input.length;){var ch=this.input.charCodeAt(this.pos);switch(ch){case 32:case 160:++this.pos;break;case 13:
this.input.charCodeAt(this.pos+1)===10&&++this.pos;case 10:case 8232:case 8233:++this.pos,this.options.locations&&(++this.
curLine,this.lineStart=this.pos);break;case 47:switch(this.input.charCodeAt(this.pos+1)){case 42:this.skipBlockComment();
break;case 47:this.skipLineComment(2);break;default:break loop}break;default:if(ch>8&&ch<14||ch>=5760&&nonASCIIwhitespace.
test(String.fromCharCode(ch)))++this.pos;else break loop}}};pp.finishToken=function(type,val){this.end=this.pos,this.options.
locations&&(this.endLoc=this.curPosition());var prevType=this.type;this.type=type,this.value=val,this.updateContext(prevType)};
pp.readToken_dot=function(){var next=this.input.charCodeAt(this.pos+1);if(next>=48&&next<=57)return this.readNumber(!0);
var next2=this.input.charCodeAt(this.pos+2);return this.options.ecmaVersion>=6&&next===46&&next2===46?(this.pos+=3,this.
finishToken(types$1.ellipsis)):(++this.pos,this.finishToken(types$1.dot))};pp.readToken_slash=function(){var next=this.input.
charCodeAt(this.pos+1);return this.exprAllowed?(++this.pos,this.readRegexp()):next===61?this.finishOp(types$1.assign,2):
this.finishOp(types$1.slash,1)};pp.readToken_mult_modulo_exp=function(code){var next=this.input.charCodeAt(this.pos+1),size=1,
tokentype=code===42?types$1.star:types$1.modulo;return this.options.ecmaVersion>=7&&code===42&&next===42&&(++size,tokentype=
types$1.starstar,next=this.input.charCodeAt(this.pos+2)),next===61?this.finishOp(types$1.assign,size+1):this.finishOp(tokentype,
size)};pp.readToken_pipe_amp=function(code){var next=this.input.charCodeAt(this.pos+1);if(next===code){if(this.options.ecmaVersion>=
12){var next2=this.input.charCodeAt(this.pos+2);if(next2===61)return this.finishOp(types$1.assign,3)}return this.finishOp(
code===124?types$1.logicalOR:types$1.logicalAND,2)}return next===61?this.finishOp(types$1.assign,2):this.finishOp(code===
124?types$1.bitwiseOR:types$1.bitwiseAND,1)};pp.readToken_caret=function(){var next=this.input.charCodeAt(this.pos+1);return next===
61?this.finishOp(types$1.assign,2):this.finishOp(types$1.bitwiseXOR,1)};pp.readToken_plus_min=function(code){var next=this.
input.charCodeAt(this.pos+1);return next===code?next===45&&!this.inModule&&this.input.charCodeAt(this.pos+2)===62&&(this.
lastTokEnd===0||lineBreak.test(this.input.slice(this.lastTokEnd,this.pos)))?(this.skipLineComment(3),this.skipSpace(),this.
nextToken()):this.finishOp(types$1.incDec,2):next===61?this.finishOp(types$1.assign,2):this.finishOp(types$1.plusMin,1)};
pp.readToken_lt_gt=function(code){var next=this.input.charCodeAt(this.pos+1),size=1;return next===code?(size=code===62&&
this.input.charCodeAt(this.pos+2)===62?3:2,this.input.charCodeAt(this.pos+size)===61?this.finishOp(types$1.assign,size+1):
this.finishOp(types$1.bitShift,size)):next===33&&code===60&&!this.inModule&&this.input.charCodeAt(this.pos+2)===45&&this.
input.charCodeAt(this.pos+3)===45?(this.skipLineComment(4),this.skipSpace(),this.nextToken()):(next===61&&(size=2),this.
finishOp(types$1.relational,size))};pp.readToken_eq_excl=function(code){var next=this.input.charCodeAt(this.pos+1);return next===
61?this.finishOp(types$1.equality,this.input.charCodeAt(this.pos+2)===61?3:2):code===61&&next===62&&this.options.ecmaVersion>=
6?(this.pos+=2,this.finishToken(types$1.arrow)):this.finishOp(code===61?types$1.eq:types$1.prefix,1)};pp.readToken_question=
function(){var ecmaVersion2=this.options.ecmaVersion;if(ecmaVersion2>=11){var next=this.input.charCodeAt(this.pos+1);if(next===
46){var next2=this.input.charCodeAt(this.pos+2);if(next2<48||next2>57)return this.finishOp(types$1.questionDot,2)}if(next===
63){if(ecmaVersion2>=12){var next2$1=this.input.charCodeAt(this.pos+2);if(next2$1===61)return this.finishOp(types$1.assign,
3)}return this.finishOp(types$1.coalesce,2)}}return this.finishOp(types$1.question,1)};pp.readToken_numberSign=function(){
var ecmaVersion2=this.options.ecmaVersion,code=35;if(ecmaVersion2>=13&&(++this.pos,code=this.fullCharCodeAtPos(),isIdentifierStart(
code,!0)||code===92))return this.finishToken(types$1.privateId,this.readWord1());this.raise(this.pos,"Unexpected charact\
er '"+codePointToString(code)+"'")};pp.getTokenFromCode=function(code){switch(code){case 46:return this.readToken_dot();case 40:
return++this.pos,this.finishToken(types$1.parenL);case 41:return++this.pos,this.finishToken(types$1.parenR);case 59:return++this.
pos,this.finishToken(types$1.semi);case 44:return++this.pos,this.finishToken(types$1.comma);case 91:return++this.pos,this.
finishToken(types$1.bracketL);case 93:return++this.pos,this.finishToken(types$1.bracketR);case 123:return++this.pos,this.
finishToken(types$1.braceL);case 125:return++this.pos,this.finishToken(types$1.braceR);case 58:return++this.pos,this.finishToken(
types$1.colon);case 96:if(this.options.ecmaVersion<6)break;return++this.pos,this.finishToken(types$1.backQuote);case 48:
var next=this.input.charCodeAt(this.pos+1);if(next===120||next===88)return this.readRadixNumber(16);if(this.options.ecmaVersion>=
6){if(next===111||next===79)return this.readRadixNumber(8);if(next===98||next===66)return this.readRadixNumber(2)}case 49:case 50:case 51:case 52:case 53:case 54:case 55:case 56:case 57:
return this.readNumber(!1);case 34:case 39:return this.readString(code);case 47:return this.readToken_slash();case 37:case 42:
return this.readToken_mult_modulo_exp(code);case 124:case 38:return this.readToken_pipe_amp(code);case 94:return this.readToken_caret();case 43:case 45:
return this.readToken_plus_min(code);case 60:case 62:return this.readToken_lt_gt(code);case 61:case 33:return this.readToken_eq_excl(
code);case 63:return this.readToken_question();case 126:return this.finishOp(types$1.prefix,1);case 35:return this.readToken_numberSign()}
this.raise(this.pos,"Unexpected character '"+codePointToString(code)+"'")};pp.finishOp=function(type,size){var str=this.
input.slice(this.pos,this.pos+size);return this.pos+=size,this.finishToken(type,str)};pp.readRegexp=function(){for(var escaped,
inClass,start=this.pos;;){this.pos>=this.input.length&&this.raise(start,"Unterminated regular expression");var ch=this.input.
charAt(this.pos);if(lineBreak.test(ch)&&this.raise(start,"Unterminated regular expression"),escaped)escaped=!1;else{if(ch===
"[")inClass=!0;else if(ch==="]"&&inClass)inClass=!1;else if(ch==="/"&&!inClass)break;escaped=ch==="\\"}++this.pos}var pattern=this.
input.slice(start,this.pos);++this.pos;var flagsStart=this.pos,flags=this.readWord1();this.containsEsc&&this.unexpected(
flagsStart);var state=this.regexpState||(this.regexpState=new RegExpValidationState(this));state.reset(start,pattern,flags),
this.validateRegExpFlags(state),this.validateRegExpPattern(state);var value=null;try{value=new RegExp(pattern,flags)}catch{}
return this.finishToken(types$1.regexp,{pattern,flags,value})};pp.readInt=function(radix,len,maybeLegacyOctalNumericLiteral){
for(var allowSeparators=this.options.ecmaVersion>=12&&len===void 0,isLegacyOctalNumericLiteral=maybeLegacyOctalNumericLiteral&&
this.input.charCodeAt(this.pos)===48,start=this.pos,total=0,lastCode=0,i2=0,e=len??1/0;i2<e;++i2,++this.pos){var code=this.
input.charCodeAt(this.pos),val=void 0;if(allowSeparators&&code===95){isLegacyOctalNumericLiteral&&this.raiseRecoverable(
this.pos,"Numeric separator is not allowed in legacy octal numeric literals"),lastCode===95&&this.raiseRecoverable(this.
pos,"Numeric separator must be exactly one underscore"),i2===0&&this.raiseRecoverable(this.pos,"Numeric separator is not\
 allowed at the first of digits"),lastCode=code;continue}if(code>=97?val=code-97+10:code>=65?val=code-65+10:code>=48&&code<=
57?val=code-48:val=1/0,val>=radix)break;lastCode=code,total=total*radix+val}return allowSeparators&&lastCode===95&&this.
raiseRecoverable(this.pos-1,"Numeric separator is not allowed at the last of digits"),this.pos===start||len!=null&&this.
pos-start!==len?null:total};function stringToNumber(str,isLegacyOctalNumericLiteral){return isLegacyOctalNumericLiteral?
parseInt(str,8):parseFloat(str.replace(/_/g,""))}function stringToBigInt(str){return typeof BigInt!="function"?null:BigInt(
str.replace(/_/g,""))}pp.readRadixNumber=function(radix){var start=this.pos;this.pos+=2;var val=this.readInt(radix);return val==
null&&this.raise(this.start+2,"Expected number in radix "+radix),this.options.ecmaVersion>=11&&this.input.charCodeAt(this.
pos)===110?(val=stringToBigInt(this.input.slice(start,this.pos)),++this.pos):isIdentifierStart(this.fullCharCodeAtPos())&&
this.raise(this.pos,"Identifier directly after number"),this.finishToken(types$1.num,val)};pp.readNumber=function(startsWithDot){
var start=this.pos;!startsWithDot&&this.readInt(10,void 0,!0)===null&&this.raise(start,"Invalid number");var octal=this.
pos-start>=2&&this.input.charCodeAt(start)===48;octal&&this.strict&&this.raise(start,"Invalid number");var next=this.input.
charCodeAt(this.pos);if(!octal&&!startsWithDot&&this.options.ecmaVersion>=11&&next===110){var val$1=stringToBigInt(this.
input.slice(start,this.pos));return++this.pos,isIdentifierStart(this.fullCharCodeAtPos())&&this.raise(this.pos,"Identifi\
er directly after number"),this.finishToken(types$1.num,val$1)}octal&&/[89]/.test(this.input.slice(start,this.pos))&&(octal=
!1),next===46&&!octal&&(++this.pos,this.readInt(10),next=this.input.charCodeAt(this.pos)),(next===69||next===101)&&!octal&&
(next=this.input.charCodeAt(++this.pos),(next===43||next===45)&&++this.pos,this.readInt(10)===null&&this.raise(start,"In\
valid number")),isIdentifierStart(this.fullCharCodeAtPos())&&this.raise(this.pos,"Identifier directly after number");var val=stringToNumber(
this.input.slice(start,this.pos),octal);return this.finishToken(types$1.num,val)};pp.readCodePoint=function(){var ch=this.
input.charCodeAt(this.pos),code;if(ch===123){this.options.ecmaVersion<6&&this.unexpected();var codePos=++this.pos;code=this.
readHexChar(this.input.indexOf("}",this.pos)-this.pos),++this.pos,code>1114111&&this.invalidStringToken(codePos,"Code po\
int out of bounds")}else code=this.readHexChar(4);return code};pp.readString=function(quote){for(var out="",chunkStart=++this.
pos;;){this.pos>=this.input.length&&this.raise(this.start,"Unterminated string constant");var ch=this.input.charCodeAt(this.
pos);if(ch===quote)break;ch===92?(out+=this.input.slice(chunkStart,this.pos),out+=this.readEscapedChar(!1),chunkStart=this.
pos):ch===8232||ch===8233?(this.options.ecmaVersion<10&&this.raise(this.start,"Unterminated string constant"),++this.pos,
this.options.locations&&(this.curLine++,this.lineStart=this.pos)):(isNewLine(ch)&&this.raise(this.start,"Unterminated st\
ring constant"),++this.pos)}return out+=this.input.slice(chunkStart,this.pos++),this.finishToken(types$1.string,out)};var INVALID_TEMPLATE_ESCAPE_ERROR={};
pp.tryReadTemplateToken=function(){this.inTemplateElement=!0;try{this.readTmplToken()}catch(err){if(err===INVALID_TEMPLATE_ESCAPE_ERROR)
this.readInvalidTemplateToken();else throw err}this.inTemplateElement=!1};pp.invalidStringToken=function(position,message){
if(this.inTemplateElement&&this.options.ecmaVersion>=9)throw INVALID_TEMPLATE_ESCAPE_ERROR;this.raise(position,message)};
pp.readTmplToken=function(){for(var out="",chunkStart=this.pos;;){this.pos>=this.input.length&&this.raise(this.start,"Un\
terminated template");var ch=this.input.charCodeAt(this.pos);if(ch===96||ch===36&&this.input.charCodeAt(this.pos+1)===123)
return this.pos===this.start&&(this.type===types$1.template||this.type===types$1.invalidTemplate)?ch===36?(this.pos+=2,this.
finishToken(types$1.dollarBraceL)):(++this.pos,this.finishToken(types$1.backQuote)):(out+=this.input.slice(chunkStart,this.
pos),this.finishToken(types$1.template,out));if(ch===92)out+=this.input.slice(chunkStart,this.pos),out+=this.readEscapedChar(
!0),chunkStart=this.pos;else if(isNewLine(ch)){switch(out+=this.input.slice(chunkStart,this.pos),++this.pos,ch){case 13:
this.input.charCodeAt(this.pos)===10&&++this.pos;case 10:out+=`
`;break;default:out+=String.fromCharCode(ch);break}this.options.locations&&(++this.curLine,this.lineStart=this.pos),chunkStart=
this.pos}else++this.pos}};pp.readInvalidTemplateToken=function(){for(;this.pos<this.input.length;this.pos++)switch(this.
input[this.pos]){case"\\":++this.pos;break;case"$":if(this.input[this.pos+1]!=="{")break;case"`":return this.finishToken(
types$1.invalidTemplate,this.input.slice(this.start,this.pos));case"\r":this.input[this.pos+1]===`
`&&++this.pos;case`
`:case"\u2028":case"\u2029":++this.curLine,this.lineStart=this.pos+1;break}this.raise(this.start,"Unterminated template")};
pp.readEscapedChar=function(inTemplate){var ch=this.input.charCodeAt(++this.pos);switch(++this.pos,ch){case 110:return`
`;case 114:return"\r";case 120:return String.fromCharCode(this.readHexChar(2));case 117:return codePointToString(this.readCodePoint());case 116:
return"	";case 98:return"\b";case 118:return"\v";case 102:return"\f";case 13:this.input.charCodeAt(this.pos)===10&&++this.
pos;case 10:return this.options.locations&&(this.lineStart=this.pos,++this.curLine),"";case 56:case 57:if(this.strict&&this.
invalidStringToken(this.pos-1,"Invalid escape sequence"),inTemplate){var codePos=this.pos-1;this.invalidStringToken(codePos,
"Invalid escape sequence in template string")}default:if(ch>=48&&ch<=55){var octalStr=this.input.substr(this.pos-1,3).match(
/^[0-7]+/)[0],octal=parseInt(octalStr,8);return octal>255&&(octalStr=octalStr.slice(0,-1),octal=parseInt(octalStr,8)),this.
pos+=octalStr.length-1,ch=this.input.charCodeAt(this.pos),(octalStr!=="0"||ch===56||ch===57)&&(this.strict||inTemplate)&&
this.invalidStringToken(this.pos-1-octalStr.length,inTemplate?"Octal literal in template string":"Octal literal in stric\
t mode"),String.fromCharCode(octal)}return isNewLine(ch)?(this.options.locations&&(this.lineStart=this.pos,++this.curLine),
""):String.fromCharCode(ch)}};pp.readHexChar=function(len){var codePos=this.pos,n=this.readInt(16,len);return n===null&&
this.invalidStringToken(codePos,"Bad character escape sequence"),n};pp.readWord1=function(){this.containsEsc=!1;for(var word="",
first=!0,chunkStart=this.pos,astral=this.options.ecmaVersion>=6;this.pos<this.input.length;){var ch=this.fullCharCodeAtPos();
if(isIdentifierChar(ch,astral))this.pos+=ch<=65535?1:2;else if(ch===92){this.containsEsc=!0,word+=this.input.slice(chunkStart,
this.pos);var escStart=this.pos;this.input.charCodeAt(++this.pos)!==117&&this.invalidStringToken(this.pos,"Expecting Uni\
code escape sequence \\uXXXX"),++this.pos;var esc=this.readCodePoint();(first?isIdentifierStart:isIdentifierChar)(esc,astral)||
this.invalidStringToken(escStart,"Invalid Unicode escape"),word+=codePointToString(esc),chunkStart=this.pos}else break;first=
!1}return word+this.input.slice(chunkStart,this.pos)};pp.readWord=function(){var word=this.readWord1(),type=types$1.name;
return this.keywords.test(word)&&(type=keywords[word]),this.finishToken(type,word)};var version="8.19.0";Parser.acorn={Parser,
version,defaultOptions,Position,SourceLocation,getLineInfo,Node,TokenType,tokTypes:types$1,keywordTypes:keywords,TokContext,
tokContexts:types,isIdentifierChar,isIdentifierStart,Token,isNewLine,lineBreak,lineBreakG,nonASCIIwhitespace};export{Parser,getLineInfo};
