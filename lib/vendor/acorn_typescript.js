// @ts-self-types="./acorn_typescript.d.ts"
// What is used of npm:@sveltejs/acorn-typescript@1.0.13, written by "deno task vendor". Its licence is in acorn_typescript.LICENSE.
import*as acornNamespace from"./acorn.js";var startsExpr=!0,acornTypeScriptMap=new WeakMap;function generateAcornTypeScript(_acorn){
let acorn=_acorn.Parser.acorn||_acorn,acornTypeScript=acornTypeScriptMap.get(acorn);if(!acornTypeScript){let tokenIsLiteralPropertyName=function(token){
return token===tokTypes.name||token===tokTypes.string||token===tokTypes.num||keywordTypeValues.includes(token)||tsKwTokenTypeValues.
includes(token)},tokenIsKeywordOrIdentifier=function(token){return token===tokTypes.name||keywordTypeValues.includes(token)||
tsKwTokenTypeValues.includes(token)},tokenIsIdentifier=function(token){return token===tokTypes.name||tsKwTokenTypeValues.
includes(token)},tokenIsTSDeclarationStart=function(token){return token===tsKwTokenType.abstract||token===tsKwTokenType.
declare||token===tsKwTokenType.enum||token===tsKwTokenType.module||token===tsKwTokenType.namespace||token===tsKwTokenType.
interface||token===tsKwTokenType.type},tokenIsTSTypeOperator=function(token){return token===tsKwTokenType.keyof||token===
tsKwTokenType.readonly||token===tsKwTokenType.unique},tokenIsTemplate=function(token){return token===tokTypes.invalidTemplate},
{tokTypes,keywordTypes}=acorn,keywordTypeValues=Object.values(keywordTypes),tsKwTokenType=generateTsKwTokenType(),tsKwTokenTypeValues=Object.
values(tsKwTokenType),tsTokenType=generateTsTokenType(),tsTokenContext=generateTsTokenContext(),tsKeywordsRegExp=new RegExp(
`^(?:${Object.keys(tsKwTokenType).join("|")})$`);tsTokenType.jsxTagStart.updateContext=function(){this.context.push(tsTokenContext.
tc_expr),this.context.push(tsTokenContext.tc_oTag),this.exprAllowed=!1},tsTokenType.jsxTagEnd.updateContext=function(prevType){
let out=this.context.pop();out===tsTokenContext.tc_oTag&&prevType===tokTypes.slash||out===tsTokenContext.tc_cTag?(this.context.
pop(),this.exprAllowed=this.curContext()===tsTokenContext.tc_expr):this.exprAllowed=!0},acornTypeScript={tokTypes:{...tsKwTokenType,
...tsTokenType},tokContexts:{...tsTokenContext},keywordsRegExp:tsKeywordsRegExp,tokenIsLiteralPropertyName,tokenIsKeywordOrIdentifier,
tokenIsIdentifier,tokenIsTSDeclarationStart,tokenIsTSTypeOperator,tokenIsTemplate}}return acornTypeScript;function kwLike(_name,options={}){
return new acorn.TokenType("name",options)}function generateTsTokenContext(){return{tc_oTag:new acorn.TokContext("<tag",
!1,!1),tc_cTag:new acorn.TokContext("</tag",!1,!1),tc_expr:new acorn.TokContext("<tag>...</tag>",!0,!0)}}function generateTsTokenType(){
return{at:new acorn.TokenType("@"),jsxName:new acorn.TokenType("jsxName"),jsxText:new acorn.TokenType("jsxText",{beforeExpr:!0}),
jsxTagStart:new acorn.TokenType("jsxTagStart",{startsExpr:!0}),jsxTagEnd:new acorn.TokenType("jsxTagEnd")}}function generateTsKwTokenType(){
return{assert:kwLike("assert",{startsExpr}),asserts:kwLike("asserts",{startsExpr}),global:kwLike("global",{startsExpr}),
keyof:kwLike("keyof",{startsExpr}),readonly:kwLike("readonly",{startsExpr}),unique:kwLike("unique",{startsExpr}),abstract:kwLike(
"abstract",{startsExpr}),declare:kwLike("declare",{startsExpr}),enum:kwLike("enum",{startsExpr}),module:kwLike("module",
{startsExpr}),namespace:kwLike("namespace",{startsExpr}),interface:kwLike("interface",{startsExpr}),type:kwLike("type",{
startsExpr})}}}var TS_SCOPE_OTHER=1<<20,TS_SCOPE_TS_MODULE=1<<21,BIND_KIND_VALUE=1,BIND_KIND_TYPE=2,BIND_SCOPE_VAR=4,BIND_SCOPE_LEXICAL=8,
BIND_SCOPE_FUNCTION=16,BIND_FLAGS_NONE=64,BIND_FLAGS_CLASS=128,BIND_FLAGS_TS_ENUM=256,BIND_FLAGS_TS_CONST_ENUM=512,BIND_FLAGS_TS_EXPORT_ONLY=1024,
BIND_CLASS=BIND_KIND_VALUE|BIND_KIND_TYPE|BIND_SCOPE_LEXICAL|BIND_FLAGS_CLASS,BIND_LEXICAL=BIND_KIND_VALUE|0|BIND_SCOPE_LEXICAL|
0,BIND_VAR=BIND_KIND_VALUE|0|BIND_SCOPE_VAR|0,BIND_FUNCTION=BIND_KIND_VALUE|0|BIND_SCOPE_FUNCTION|0,BIND_TS_INTERFACE=0|
BIND_KIND_TYPE|0|BIND_FLAGS_CLASS,BIND_TS_TYPE=0|BIND_KIND_TYPE|0|0,BIND_TS_ENUM=BIND_KIND_VALUE|BIND_KIND_TYPE|BIND_SCOPE_LEXICAL|
BIND_FLAGS_TS_ENUM,BIND_TS_AMBIENT=0|BIND_FLAGS_TS_EXPORT_ONLY,BIND_NONE=0|BIND_FLAGS_NONE,BIND_OUTSIDE=BIND_KIND_VALUE|
0|0|BIND_FLAGS_NONE,BIND_TS_CONST_ENUM=BIND_TS_ENUM|BIND_FLAGS_TS_CONST_ENUM,BIND_TS_NAMESPACE=0|BIND_FLAGS_TS_EXPORT_ONLY,
CLASS_ELEMENT_FLAG_STATIC=4,CLASS_ELEMENT_KIND_GETTER=2,CLASS_ELEMENT_KIND_SETTER=1,CLASS_ELEMENT_KIND_ACCESSOR=CLASS_ELEMENT_KIND_GETTER|
CLASS_ELEMENT_KIND_SETTER,CLASS_ELEMENT_STATIC_GETTER=CLASS_ELEMENT_KIND_GETTER|CLASS_ELEMENT_FLAG_STATIC,CLASS_ELEMENT_STATIC_SETTER=CLASS_ELEMENT_KIND_SETTER|
CLASS_ELEMENT_FLAG_STATIC,skipWhiteSpaceInLine=/(?:[^\S\n\r\u2028\u2029]|\/\/.*|\/\*.*?\*\/)*/y,skipWhiteSpaceToLineBreak=new RegExp(
"(?=("+skipWhiteSpaceInLine.source+"))\\1"+/(?=[\n\r\u2028\u2029]|\/\*(?!.*?\*\/)|$)/.source,"y"),DestructuringErrors=class{constructor(){
this.shorthandAssign=this.trailingComma=this.parenthesizedAssign=this.parenthesizedBind=this.doubleProto=-1}};function resolvePrivateNameConflict(current,element){
let next="true";return element.type==="MethodDefinition"&&(element.kind==="get"||element.kind==="set")&&(next=(element.static?
"s":"i")+element.kind),current==="iget"&&next==="iset"||current==="iset"&&next==="iget"||current==="sget"&&next==="sset"||
current==="sset"&&next==="sget"?[!1,"true"]:current?[!0,current]:[!1,next]}function checkKeyName(node,name){let{computed,
key}=node;return!computed&&(key.type==="Identifier"&&key.name===name||key.type==="Literal"&&key.value===name)}var TypeScriptError={
AbstractMethodHasImplementation:({methodName})=>`Method '${methodName}' cannot have an implementation because it is mark\
ed abstract.`,AbstractPropertyHasInitializer:({propertyName})=>`Property '${propertyName}' cannot have an initializer be\
cause it is marked abstract.`,AccesorCannotDeclareThisParameter:"'get' and 'set' accessors cannot declare 'this' paramet\
ers.",AccesorCannotHaveTypeParameters:"An accessor cannot have type parameters.",CannotFindName:({name})=>`Cannot find n\
ame '${name}'.`,ClassMethodHasDeclare:"Class methods cannot have the 'declare' modifier.",ClassMethodHasReadonly:"Class \
methods cannot have the 'readonly' modifier.",ConstInitiailizerMustBeStringOrNumericLiteralOrLiteralEnumReference:"A 'co\
nst' initializer in an ambient context must be a string or numeric literal or literal enum reference.",ConstructorHasTypeParameters:"\
Type parameters cannot appear on a constructor declaration.",DeclareAccessor:({kind})=>`'declare' is not allowed in ${kind}\
ters.`,DeclareClassFieldHasInitializer:"Initializers are not allowed in ambient contexts.",DeclareFunctionHasImplementation:"\
An implementation cannot be declared in ambient contexts.",DuplicateAccessibilityModifier:(()=>"Accessibility modifier a\
lready seen."),DuplicateModifier:({modifier})=>`Duplicate modifier: '${modifier}'.`,EmptyHeritageClauseType:({token})=>`\
'${token}' list cannot be empty.`,EmptyTypeArguments:"Type argument list cannot be empty.",EmptyTypeParameters:"Type par\
ameter list cannot be empty.",ExpectedAmbientAfterExportDeclare:"'export declare' must be followed by an ambient declara\
tion.",ImportAliasHasImportType:"An import alias can not use 'import type'.",IncompatibleModifiers:({modifiers})=>`'${modifiers[0]}\
' modifier cannot be used with '${modifiers[1]}' modifier.`,IndexSignatureHasAbstract:"Index signatures cannot have the \
'abstract' modifier.",IndexSignatureHasAccessibility:({modifier})=>`Index signatures cannot have an accessibility modifi\
er ('${modifier}').`,IndexSignatureHasDeclare:"Index signatures cannot have the 'declare' modifier.",IndexSignatureHasOverride:"\
'override' modifier cannot appear on an index signature.",IndexSignatureHasStatic:"Index signatures cannot have the 'sta\
tic' modifier.",InitializerNotAllowedInAmbientContext:"Initializers are not allowed in ambient contexts.",InvalidModifierOnTypeMember:({
modifier})=>`'${modifier}' modifier cannot appear on a type member.`,InvalidModifierOnTypeParameter:({modifier})=>`'${modifier}\
' modifier cannot appear on a type parameter.`,InvalidModifierOnTypeParameterPositions:({modifier})=>`'${modifier}' modi\
fier can only appear on a type parameter of a class, interface or type alias.`,InvalidModifiersOrder:({orderedModifiers})=>`\
'${orderedModifiers[0]}' modifier must precede '${orderedModifiers[1]}' modifier.`,InvalidPropertyAccessAfterInstantiationExpression:"\
Invalid property access after an instantiation expression. You can either wrap the instantiation expression in parenthes\
es, or delete the type arguments.",InvalidTupleMemberLabel:"Tuple members must be labeled with a simple identifier.",MissingInterfaceName:"\
'interface' declarations must be followed by an identifier.",NonAbstractClassHasAbstractMethod:"Abstract methods can onl\
y appear within an abstract class.",NonClassMethodPropertyHasAbstractModifer:"'abstract' modifier can only appear on a c\
lass, method, or property declaration.",OptionalTypeBeforeRequired:"A required element cannot follow an optional element\
.",OverrideNotInSubClass:"This member cannot have an 'override' modifier because its containing class does not extend an\
other class.",PatternIsOptional:"A binding pattern parameter cannot be optional in an implementation signature.",PrivateElementHasAbstract:"\
Private elements cannot have the 'abstract' modifier.",PrivateElementHasAccessibility:({modifier})=>`Private elements ca\
nnot have an accessibility modifier ('${modifier}').`,PrivateMethodsHasAccessibility:({modifier})=>`Private methods cann\
ot have an accessibility modifier ('${modifier}').`,ReadonlyForMethodSignature:"'readonly' modifier can only appear on a\
 property declaration or index signature.",ReservedArrowTypeParam:"This syntax is reserved in files with the .mts or .ct\
s extension. Add a trailing comma, as in `<T,>() => ...`.",ReservedTypeAssertion:"This syntax is reserved in files with \
the .mts or .cts extension. Use an `as` expression instead.",SetAccesorCannotHaveOptionalParameter:"A 'set' accessor can\
not have an optional parameter.",SetAccesorCannotHaveRestParameter:"A 'set' accessor cannot have rest parameter.",SetAccesorCannotHaveReturnType:"\
A 'set' accessor cannot have a return type annotation.",SingleTypeParameterWithoutTrailingComma:({typeParameterName})=>`\
Single type parameter ${typeParameterName} should have a trailing comma. Example usage: <${typeParameterName},>.`,StaticBlockCannotHaveModifier:"\
Static class blocks cannot have any modifier.",TypeAnnotationAfterAssign:"Type annotations must come before default assi\
gnments, e.g. instead of `age = 25: number` use `age: number = 25`.",TypeImportCannotSpecifyDefaultAndNamed:"A type-only\
 import can specify a default import or named bindings, but not both.",TypeModifierIsUsedInTypeExports:"The 'type' modif\
ier cannot be used on a named export when 'export type' is used on its export statement.",TypeModifierIsUsedInTypeImports:"\
The 'type' modifier cannot be used on a named import when 'import type' is used on its import statement.",UnexpectedParameterModifier:"\
A parameter property is only allowed in a constructor implementation.",UnexpectedReadonly:"'readonly' type modifier is o\
nly permitted on array and tuple literal types.",GenericsEndWithComma:"Trailing comma is not allowed at the end of gener\
ics.",UnexpectedTypeAnnotation:"Did not expect a type annotation here.",UnexpectedTypeCastInParameter:"Unexpected type c\
ast in parameter position.",UnsupportedImportTypeArgument:"Argument in a type import must be a string literal.",UnsupportedParameterPropertyKind:"\
A parameter property may not be declared using a binding pattern.",UnsupportedSignatureParameterKind:({type})=>`Name in \
a signature must be an Identifier, ObjectPattern or ArrayPattern, instead got ${type}.`,LetInLexicalBinding:"'let' is no\
t allowed to be used as a name in 'let' or 'const' declarations."},DecoratorsError={UnexpectedLeadingDecorator:"Leading \
decorators must be attached to a class declaration.",DecoratorConstructor:"Decorators can't be used with a constructor. \
Did you mean '@dec class { ... }'?",TrailingDecorator:"Decorators must be attached to a class element.",SpreadElementDecorator:"\
Decorators can't be used with SpreadElement"};function generateParseDecorators(Parse,acornTypeScript,acorn){let{tokTypes:tt}=acorn,
{tokTypes}=acornTypeScript;return class extends Parse{takeDecorators(node){let decorators=this.decoratorStack[this.decoratorStack.
length-1];decorators.length&&(node.decorators=decorators,this.resetStartLocationFromNode(node,decorators[0]),this.decoratorStack[this.
decoratorStack.length-1]=[])}parseDecorators(allowExport){let currentContextDecorators=this.decoratorStack[this.decoratorStack.
length-1];for(;this.match(tokTypes.at);){let decorator=this.parseDecorator();currentContextDecorators.push(decorator)}this.
match(tt._export)?allowExport||this.unexpected():this.canHaveLeadingDecorator()||this.raise(this.start,DecoratorsError.UnexpectedLeadingDecorator)}parseDecorator(){
let node=this.startNode();this.next(),this.decoratorStack.push([]);let startPos=this.start,startLoc=this.startLoc,expr;if(this.
match(tt.parenL)){let startPos2=this.start,startLoc2=this.startLoc;if(this.next(),expr=this.parseExpression(),this.expect(
tt.parenR),this.options.preserveParens){let par=this.startNodeAt(startPos2,startLoc2);par.expression=expr,expr=this.finishNode(
par,"ParenthesizedExpression")}}else for(expr=this.parseIdent(!1);this.eat(tt.dot);){let node2=this.startNodeAt(startPos,
startLoc);node2.object=expr,node2.property=this.parseIdent(!0),node2.computed=!1,expr=this.finishNode(node2,"MemberExpre\
ssion")}return node.expression=this.parseMaybeDecoratorArguments(expr),this.decoratorStack.pop(),this.finishNode(node,"D\
ecorator")}parseMaybeDecoratorArguments(expr){if(this.eat(tt.parenL)){let node=this.startNodeAtNode(expr);return node.callee=
expr,node.arguments=this.parseExprList(tt.parenR,!1),this.finishNode(node,"CallExpression")}return expr}}}var xhtml_default={
quot:'"',amp:"&",apos:"'",lt:"<",gt:">",nbsp:" ",iexcl:"¡",cent:"¢",pound:"£",curren:"¤",yen:"¥",brvbar:"¦",sect:"\
§",uml:"¨",copy:"©",ordf:"ª",laquo:"«",not:"¬",shy:"­",reg:"®",macr:"¯",deg:"°",plusmn:"±",sup2:"²",sup3:"³",
acute:"´",micro:"µ",para:"¶",middot:"·",cedil:"¸",sup1:"¹",ordm:"º",raquo:"»",frac14:"¼",frac12:"½",frac34:"¾",
iquest:"¿",Agrave:"À",Aacute:"Á",Acirc:"Â",Atilde:"Ã",Auml:"Ä",Aring:"Å",AElig:"Æ",Ccedil:"Ç",Egrave:"È",Eacute:"\
É",Ecirc:"Ê",Euml:"Ë",Igrave:"Ì",Iacute:"Í",Icirc:"Î",Iuml:"Ï",ETH:"Ð",Ntilde:"Ñ",Ograve:"Ò",Oacute:"Ó",Ocirc:"\
Ô",Otilde:"Õ",Ouml:"Ö",times:"×",Oslash:"Ø",Ugrave:"Ù",Uacute:"Ú",Ucirc:"Û",Uuml:"Ü",Yacute:"Ý",THORN:"Þ",szlig:"\
ß",agrave:"à",aacute:"á",acirc:"â",atilde:"ã",auml:"ä",aring:"å",aelig:"æ",ccedil:"ç",egrave:"è",eacute:"é",ecirc:"\
ê",euml:"ë",igrave:"ì",iacute:"í",icirc:"î",iuml:"ï",eth:"ð",ntilde:"ñ",ograve:"ò",oacute:"ó",ocirc:"ô",otilde:"\
õ",ouml:"ö",divide:"÷",oslash:"ø",ugrave:"ù",uacute:"ú",ucirc:"û",uuml:"ü",yacute:"ý",thorn:"þ",yuml:"ÿ",OElig:"\
Œ",oelig:"œ",Scaron:"Š",scaron:"š",Yuml:"Ÿ",fnof:"ƒ",circ:"ˆ",tilde:"˜",Alpha:"Α",Beta:"Β",Gamma:"Γ",Delta:"Δ",
Epsilon:"Ε",Zeta:"Ζ",Eta:"Η",Theta:"Θ",Iota:"Ι",Kappa:"Κ",Lambda:"Λ",Mu:"Μ",Nu:"Ν",Xi:"Ξ",Omicron:"Ο",Pi:"Π",
Rho:"Ρ",Sigma:"Σ",Tau:"Τ",Upsilon:"Υ",Phi:"Φ",Chi:"Χ",Psi:"Ψ",Omega:"Ω",alpha:"α",beta:"β",gamma:"γ",delta:"δ",
epsilon:"ε",zeta:"ζ",eta:"η",theta:"θ",iota:"ι",kappa:"κ",lambda:"λ",mu:"μ",nu:"ν",xi:"ξ",omicron:"ο",pi:"π",
rho:"ρ",sigmaf:"ς",sigma:"σ",tau:"τ",upsilon:"υ",phi:"φ",chi:"χ",psi:"ψ",omega:"ω",thetasym:"ϑ",upsih:"ϒ",piv:"\
ϖ",ensp:" ",emsp:" ",thinsp:" ",zwnj:"‌",zwj:"‍",lrm:"‎",rlm:"‏",ndash:"–",mdash:"—",lsquo:"‘",rsquo:"\
’",sbquo:"‚",ldquo:"“",rdquo:"”",bdquo:"„",dagger:"†",Dagger:"‡",bull:"•",hellip:"…",permil:"‰",prime:"\
′",Prime:"″",lsaquo:"‹",rsaquo:"›",oline:"‾",frasl:"⁄",euro:"€",image:"ℑ",weierp:"℘",real:"ℜ",trade:"\
™",alefsym:"ℵ",larr:"←",uarr:"↑",rarr:"→",darr:"↓",harr:"↔",crarr:"↵",lArr:"⇐",uArr:"⇑",rArr:"⇒",dArr:"\
⇓",hArr:"⇔",forall:"∀",part:"∂",exist:"∃",empty:"∅",nabla:"∇",isin:"∈",notin:"∉",ni:"∋",prod:"∏",sum:"\
∑",minus:"−",lowast:"∗",radic:"√",prop:"∝",infin:"∞",ang:"∠",and:"∧",or:"∨",cap:"∩",cup:"∪",int:"∫",
there4:"∴",sim:"∼",cong:"≅",asymp:"≈",ne:"≠",equiv:"≡",le:"≤",ge:"≥",sub:"⊂",sup:"⊃",nsub:"⊄",sube:"\
⊆",supe:"⊇",oplus:"⊕",otimes:"⊗",perp:"⊥",sdot:"⋅",lceil:"⌈",rceil:"⌉",lfloor:"⌊",rfloor:"⌋",lang:"〈",
rang:"〉",loz:"◊",spades:"♠",clubs:"♣",hearts:"♥",diams:"♦"},hexNumber=/^[\da-fA-F]+$/,decimalNumber=/^\d+$/;
function getQualifiedJSXName(object){if(!object)return object;if(object.type==="JSXIdentifier")return object.name;if(object.
type==="JSXNamespacedName")return object.namespace.name+":"+object.name.name;if(object.type==="JSXMemberExpression")return getQualifiedJSXName(
object.object)+"."+getQualifiedJSXName(object.property)}function generateJsxParser(acorn,acornTypeScript,Parser,jsxOptions){
let tt=acorn.tokTypes,tok=acornTypeScript.tokTypes,isNewLine=acorn.isNewLine,isIdentifierChar=acorn.isIdentifierChar,options=Object.
assign({allowNamespaces:!0,allowNamespacedObjects:!0},jsxOptions||{});return class extends Parser{jsx_readToken(){let out="",
chunkStart=this.pos;for(;;){this.pos>=this.input.length&&this.raise(this.start,"Unterminated JSX contents");let ch=this.
input.charCodeAt(this.pos);switch(ch){case 60:case 123:return this.pos===this.start?ch===60&&this.exprAllowed?(++this.pos,
this.finishToken(tok.jsxTagStart)):this.getTokenFromCode(ch):(out+=this.input.slice(chunkStart,this.pos),this.finishToken(
tok.jsxText,out));case 38:out+=this.input.slice(chunkStart,this.pos),out+=this.jsx_readEntity(),chunkStart=this.pos;break;case 62:case 125:
this.raise(this.pos,"Unexpected token `"+this.input[this.pos]+"`. Did you mean `"+(ch===62?"&gt;":"&rbrace;")+'` or `{"'+
this.input[this.pos]+'"}`?');default:isNewLine(ch)?(out+=this.input.slice(chunkStart,this.pos),out+=this.jsx_readNewLine(
!0),chunkStart=this.pos):++this.pos}}}jsx_readNewLine(normalizeCRLF){let ch=this.input.charCodeAt(this.pos),out;return++this.
pos,ch===13&&this.input.charCodeAt(this.pos)===10?(++this.pos,out=normalizeCRLF?`
`:`\r
`):out=String.fromCharCode(ch),this.options.locations&&(++this.curLine,this.lineStart=this.pos),out}jsx_readString(quote){
let out="",chunkStart=++this.pos;for(;;){this.pos>=this.input.length&&this.raise(this.start,"Unterminated string constan\
t");let ch=this.input.charCodeAt(this.pos);if(ch===quote)break;ch===38?(out+=this.input.slice(chunkStart,this.pos),out+=
this.jsx_readEntity(),chunkStart=this.pos):isNewLine(ch)?(out+=this.input.slice(chunkStart,this.pos),out+=this.jsx_readNewLine(
!1),chunkStart=this.pos):++this.pos}return out+=this.input.slice(chunkStart,this.pos++),this.finishToken(tt.string,out)}jsx_readEntity(){
let str="",count=0,entity,ch=this.input[this.pos];ch!=="&"&&this.raise(this.pos,"Entity must start with an ampersand");let startPos=++this.
pos;for(;this.pos<this.input.length&&count++<10;){if(ch=this.input[this.pos++],ch===";"){if(str[0]==="#"){let value;str[1]===
"x"||str[1]==="X"?(str=str.substr(2),hexNumber.test(str)&&(value=parseInt(str,16))):(str=str.substr(1),decimalNumber.test(
str)&&(value=parseInt(str,10))),value!==void 0&&value<=1114111&&(entity=String.fromCodePoint(value))}else Object.prototype.
hasOwnProperty.call(xhtml_default,str)&&(entity=xhtml_default[str]);break}str+=ch}return entity===void 0?(this.pos=startPos,
"&"):entity}jsx_readWord(){let ch,start=this.pos;do ch=this.input.charCodeAt(++this.pos);while(isIdentifierChar(ch)||ch===
45);return this.finishToken(tok.jsxName,this.input.slice(start,this.pos))}jsx_parseIdentifier(){let node=this.startNode();
return this.type===tok.jsxName?node.name=this.value:this.type.keyword?node.name=this.type.keyword:this.unexpected(),this.
next(),this.finishNode(node,"JSXIdentifier")}jsx_parseNamespacedName(){let startPos=this.start,startLoc=this.startLoc,name=this.
jsx_parseIdentifier();if(!options.allowNamespaces||!this.eat(tt.colon))return name;var node=this.startNodeAt(startPos,startLoc);
return node.namespace=name,node.name=this.jsx_parseIdentifier(),this.finishNode(node,"JSXNamespacedName")}jsx_parseElementName(){
if(this.type===tok.jsxTagEnd)return"";let startPos=this.start,startLoc=this.startLoc,node=this.jsx_parseNamespacedName();
for(this.type===tt.dot&&node.type==="JSXNamespacedName"&&!options.allowNamespacedObjects&&this.unexpected();this.eat(tt.
dot);){let newNode=this.startNodeAt(startPos,startLoc);newNode.object=node,newNode.property=this.jsx_parseIdentifier(),node=
this.finishNode(newNode,"JSXMemberExpression")}return node}jsx_parseAttributeValue(){switch(this.type){case tt.braceL:let node=this.
jsx_parseExpressionContainer();return node.expression.type==="JSXEmptyExpression"&&this.raise(node.start,"JSX attributes\
 must only be assigned a non-empty expression"),node;case tok.jsxTagStart:case tt.string:return this.parseExprAtom();default:
this.raise(this.start,"JSX value should be either an expression or a quoted JSX text")}}jsx_parseEmptyExpression(){let node=this.
startNodeAt(this.lastTokEnd,this.lastTokEndLoc);return this.finishNodeAt(node,"JSXEmptyExpression",this.start,this.startLoc)}jsx_parseExpressionContainer(){
let node=this.startNode();return this.next(),this.eat(tt.ellipsis)?(node.expression=this.parseExpression(),this.expect(tt.
braceR),this.finishNode(node,"JSXSpreadChild")):(node.expression=this.type===tt.braceR?this.jsx_parseEmptyExpression():this.
parseExpression(),this.expect(tt.braceR),this.finishNode(node,"JSXExpressionContainer"))}jsx_parseAttribute(){let node=this.
startNode();return this.eat(tt.braceL)?(this.expect(tt.ellipsis),node.argument=this.parseMaybeAssign(),this.expect(tt.braceR),
this.finishNode(node,"JSXSpreadAttribute")):(node.name=this.jsx_parseNamespacedName(),node.value=this.eat(tt.eq)?this.jsx_parseAttributeValue():
null,this.finishNode(node,"JSXAttribute"))}jsx_parseOpeningElementAt(startPos,startLoc){let node=this.startNodeAt(startPos,
startLoc);node.attributes=[];let nodeName=this.jsx_parseElementName();for(nodeName&&(node.name=nodeName);this.type!==tt.
slash&&this.type!==tok.jsxTagEnd;)node.attributes.push(this.jsx_parseAttribute());return node.selfClosing=this.eat(tt.slash),
this.expect(tok.jsxTagEnd),this.finishNode(node,nodeName?"JSXOpeningElement":"JSXOpeningFragment")}jsx_parseClosingElementAt(startPos,startLoc){
let node=this.startNodeAt(startPos,startLoc),nodeName=this.jsx_parseElementName();return nodeName&&(node.name=nodeName),
this.expect(tok.jsxTagEnd),this.finishNode(node,nodeName?"JSXClosingElement":"JSXClosingFragment")}jsx_parseElementAt(startPos,startLoc){
let node=this.startNodeAt(startPos,startLoc),children=[],openingElement=this.jsx_parseOpeningElementAt(startPos,startLoc),
closingElement=null;if(!openingElement.selfClosing){contents:for(;;)switch(this.type){case tok.jsxTagStart:if(startPos=this.
start,startLoc=this.startLoc,this.next(),this.eat(tt.slash)){closingElement=this.jsx_parseClosingElementAt(startPos,startLoc);
break contents}children.push(this.jsx_parseElementAt(startPos,startLoc));break;case tok.jsxText:children.push(this.parseExprAtom());
break;case tt.braceL:children.push(this.jsx_parseExpressionContainer());break;default:this.unexpected()}getQualifiedJSXName(
closingElement.name)!==getQualifiedJSXName(openingElement.name)&&this.raise(closingElement.start,"Expected corresponding\
 JSX closing tag for <"+getQualifiedJSXName(openingElement.name)+">")}let fragmentOrElement=openingElement.name?"Element":
"Fragment";return node["opening"+fragmentOrElement]=openingElement,node["closing"+fragmentOrElement]=closingElement,node.
children=children,this.type===tt.relational&&this.value==="<"&&this.raise(this.start,"Adjacent JSX elements must be wrap\
ped in an enclosing tag"),this.finishNode(node,"JSX"+fragmentOrElement)}jsx_parseText(){let node=this.parseLiteral(this.
value);return node.type="JSXText",node}jsx_parseElement(){let startPos=this.start,startLoc=this.startLoc;return this.next(),
this.jsx_parseElementAt(startPos,startLoc)}}}function generateParseImportAssertions(Parse,acornTypeScript,acorn){let{tokTypes}=acornTypeScript,
{tokTypes:tt}=acorn;return class extends Parse{parseMaybeImportAttributes(node){if(this.type===tt._with||this.type===tokTypes.
assert){this.next();let attributes=this.parseImportAttributes();attributes&&(node.attributes=attributes)}}parseImportAttributes(){
this.expect(tt.braceL);let attrs=this.parseWithEntries();return this.expect(tt.braceR),attrs}parseWithEntries(){let attrs=[],
attrNames=new Set;do{if(this.type===tt.braceR)break;let node=this.startNode(),withionKeyNode;this.type===tt.string?withionKeyNode=
this.parseLiteral(this.value):withionKeyNode=this.parseIdent(!0),this.next(),node.key=withionKeyNode,attrNames.has(node.
key.name)&&this.raise(this.pos,"Duplicated key in attributes"),attrNames.add(node.key.name),this.type!==tt.string&&this.
raise(this.pos,"Only string is supported as an attribute value"),node.value=this.parseLiteral(this.value),attrs.push(this.
finishNode(node,"ImportAttribute"))}while(this.eat(tt.comma));return attrs}}}var parserCallbackNames=["onToken","onComme\
nt","onInsertedSemicolon","onTrailingComma"];function makeOutputBuffer(){return{_tag:"BufferedParserEvents",segments:[]}}
var emptyOutputBuffer=makeOutputBuffer();function hasEvents(output){return output.segments.length>0}var ParseEffects=class{constructor(options,state){
this.options=options,this.state=state,this.callbacks={},this.callbackWrappers={},this.frames=[],this.undoLog=[],this.hasCallbacks=
this.captureCallbacks()}get active(){return this.frames.length>0}begin(){let frame={_tag:"ParseEffectFrame",depth:this.frames.
length,undoMark:this.undoLog.length,checkpoint:this.state?.capture()};return this.frames.push(frame),frame.depth===0&&this.
hasCallbacks&&this.activateCallbacks(),frame}commit(frame){this.close(frame);let parent=this.currentFrame();if(parent){frame.
output&&this.appendOutput(this.outputFor(parent),frame.output);return}this.undoLog.length=frame.undoMark,frame.output&&this.
flush(frame.output)}rollback(frame){this.close(frame),this.unwind(frame.undoMark),this.restore(frame)}rollbackWithEvents(frame){
return this.close(frame),this.unwind(frame.undoMark),this.restore(frame),frame.output??emptyOutputBuffer}replay(events){
if(!hasEvents(events))return;let frame=this.currentFrame();if(frame){this.appendOutput(this.outputFor(frame),events);return}
this.flush(events)}set(target,key,value){this.willSet(target,key),target[key]=value}remove(target,key){this.willSet(target,
key),delete target[key]}append(target,value){this.willAppend(target),target.push(value)}pop(target){return this.willMutateTail(
target,1),target.pop()}truncate(target,length){length<target.length?this.willMutateTail(target,target.length-length):this.
willAppend(target),target.length=length}modify(target,key,f){let[result,next]=f(target[key]);return this.set(target,key,
next),result}willAppend(target){this.active&&this.undoLog.push({_tag:"ArrayLength",target,length:target.length})}willMutateTail(target,count){
if(!this.active)return;let start=Math.max(0,target.length-count);this.undoLog.push({_tag:"ArrayTail",target,start,values:target.
slice(start)})}willSet(target,key){if(!this.active)return;let record=target;this.undoLog.push({_tag:"Property",target:record,
key,had:Object.prototype.hasOwnProperty.call(record,key),value:record[key]})}captureCallbacks(){let captured=!1;for(let name of parserCallbackNames){
let callback=this.options[name];callback&&(captured=!0,this.callbacks[name]=callback,this.callbackWrappers[name]=(...args)=>{
this.emit({name,args})})}return captured}activateCallbacks(){for(let name of parserCallbackNames){let callback=this.callbackWrappers[name];
callback&&(this.options[name]=callback)}}deactivateCallbacks(){for(let name of parserCallbackNames){let callback=this.callbacks[name];
callback&&(this.options[name]=callback)}}emit(event){let frame=this.currentFrame();if(!frame){this.invoke(event);return}
let segments=this.outputFor(frame).segments,tail=segments[segments.length-1];Array.isArray(tail)?tail.push(event):segments.
push([event])}appendOutput(target,output){hasEvents(output)&&target.segments.push(output)}outputFor(frame){return frame.
output??=makeOutputBuffer()}flush(output){let work=[];for(let i=output.segments.length-1;i>=0;i--)work.push(output.segments[i]);
for(;work.length>0;){let segment=work.pop();if(Array.isArray(segment)){for(let event of segment)this.invoke(event);continue}
for(let i=segment.segments.length-1;i>=0;i--)work.push(segment.segments[i])}}invoke(event){this.callbacks[event.name]?.apply(
this.options,event.args)}currentFrame(){return this.frames[this.frames.length-1]}close(frame){if(this.currentFrame()!==frame||
frame.depth!==this.frames.length-1)throw new Error("Parse effect scopes must be closed in order");this.frames.pop(),this.
frames.length===0&&this.hasCallbacks&&this.deactivateCallbacks()}restore(frame){this.state&&this.state.restore(frame.checkpoint)}unwind(mark){
for(let i=this.undoLog.length-1;i>=mark;i--){let entry=this.undoLog[i];switch(entry._tag){case"ArrayLength":if(entry.target.
length<entry.length)throw new Error("A parse effect shortened an append-only array");entry.target.length=entry.length;break;case"\
ArrayTail":entry.target.length=entry.start;for(let value of entry.values)entry.target.push(value);break;case"Property":entry.
had?entry.target[entry.key]=entry.value:delete entry.target[entry.key];break}}this.undoLog.length=mark}};function restoreArrayMark(value,length,description){
if(value.length===length)return value;if(value.length<length)throw new Error(`A parse branch shortened the ${description}\
 below its checkpoint`);return value.length=length,value}function captureParserCheckpoint(parser){return{lookahead:parser.
getCurLookaheadState(),context:parser.context,contextLength:parser.context.length,scopeStack:parser.scopeStack,scopeStackLength:parser.
scopeStack.length,importsStack:parser.importsStack,importsStackLength:parser.importsStack.length,labels:parser.labels,labelsLength:parser.
labels.length,privateNameStack:parser.privateNameStack,privateNameStackLength:parser.privateNameStack.length,decoratorStack:parser.
decoratorStack,decoratorStackLength:parser.decoratorStack.length,strict:parser.strict,potentialArrowAt:parser.potentialArrowAt,
potentialArrowInForAwait:parser.potentialArrowInForAwait,yieldPos:parser.yieldPos,awaitPos:parser.awaitPos,awaitIdentPos:parser.
awaitIdentPos,preValue:parser.preValue,preToken:parser.preToken,isLookahead:parser.isLookahead,isAmbientContext:parser.isAmbientContext,
inAbstractClass:parser.inAbstractClass,inType:parser.inType,inDisallowConditionalTypesContext:parser.inDisallowConditionalTypesContext,
maybeInArrowParameters:parser.maybeInArrowParameters,shouldParseArrowReturnType:parser.shouldParseArrowReturnType,shouldParseAsyncArrowReturnType:parser.
shouldParseAsyncArrowReturnType,importOrExportOuterKind:parser.importOrExportOuterKind}}function restoreParserCheckpoint(parser,state){
parser.setLookaheadTokenState(state.lookahead),parser.context=restoreArrayMark(state.context,state.contextLength,"token \
context stack"),parser.scopeStack=restoreArrayMark(state.scopeStack,state.scopeStackLength,"scope stack"),parser.importsStack=
restoreArrayMark(state.importsStack,state.importsStackLength,"import stack"),parser.labels=restoreArrayMark(state.labels,
state.labelsLength,"label stack"),parser.privateNameStack=restoreArrayMark(state.privateNameStack,state.privateNameStackLength,
"private-name stack"),parser.decoratorStack=restoreArrayMark(state.decoratorStack,state.decoratorStackLength,"decorator \
stack"),parser.strict=state.strict,parser.potentialArrowAt=state.potentialArrowAt,parser.potentialArrowInForAwait=state.
potentialArrowInForAwait,parser.yieldPos=state.yieldPos,parser.awaitPos=state.awaitPos,parser.awaitIdentPos=state.awaitIdentPos,
parser.regexpState=null,parser.preValue=state.preValue,parser.preToken=state.preToken,parser.isLookahead=state.isLookahead,
parser.isAmbientContext=state.isAmbientContext,parser.inAbstractClass=state.inAbstractClass,parser.inType=state.inType,parser.
inDisallowConditionalTypesContext=state.inDisallowConditionalTypesContext,parser.maybeInArrowParameters=state.maybeInArrowParameters,
parser.shouldParseArrowReturnType=state.shouldParseArrowReturnType,parser.shouldParseAsyncArrowReturnType=state.shouldParseAsyncArrowReturnType,
parser.importOrExportOuterKind=state.importOrExportOuterKind}function createParserStateAdapter(parser){return{capture:()=>captureParserCheckpoint(
parser),restore:state=>restoreParserCheckpoint(parser,state)}}function adaptParser(Parser,config){let tt=config.acornTokenTypes,
tsTokTypes=config.typeScriptTokenTypes,scopeFlags=config.scope,varScopeFlags=scopeFlags.SCOPE_TOP|scopeFlags.SCOPE_FUNCTION|
scopeFlags.SCOPE_CLASS_STATIC_BLOCK;return class extends Parser{constructor(options,input,startPos){super(options,input,
startPos),this.parseEffects=new ParseEffects(this.options,createParserStateAdapter(this))}overrideContext(context){return this.
curContext()!==context&&this.parseEffects?.willMutateTail(this.context,1),super.overrideContext(context)}takeDecorators(node){
let index=this.decoratorStack.length-1;return this.decoratorStack[index].length>0&&this.parseEffects?.willSet(this.decoratorStack,
String(index)),super.takeDecorators(node)}parseDecorators(allowExport){let decorators=this.decoratorStack[this.decoratorStack.
length-1];return this.parseEffects?.willAppend(decorators),super.parseDecorators(allowExport)}parseDecorator(){return this.
parseEffects?.willAppend(this.decoratorStack),super.parseDecorator()}parseIdentNode(){return(this.type.keyword==="class"||
this.type.keyword==="function")&&(this.lastTokEnd!==this.lastTokStart+1||this.input.charCodeAt(this.lastTokStart)!==46)&&
this.parseEffects?.willMutateTail(this.context,1),super.parseIdentNode()}parseLabeledStatement(node,maybeName,expr,context){
for(let i=this.labels.length-1;i>=0;i--){let label=this.labels[i];if(label.statementStart!==node.start)break;this.parseEffects?.
willSet(label,"statementStart"),this.parseEffects?.willSet(label,"kind")}return this.parseEffects?.willAppend(this.labels),
super.parseLabeledStatement(node,maybeName,expr,context)}enterClassBody(){return this.parseEffects?.willAppend(this.privateNameStack),
super.enterClassBody()}exitClassBody(){let parent=this.privateNameStack[this.privateNameStack.length-2];return parent&&this.
parseEffects?.willAppend(parent.used),this.parseEffects?.willMutateTail(this.privateNameStack,1),super.exitClassBody()}parsePrivateIdent(){
if(this.options.checkPrivateFields&&this.privateNameStack.length>0){let privateNames=this.privateNameStack[this.privateNameStack.
length-1];this.parseEffects?.willAppend(privateNames.used)}return super.parsePrivateIdent()}parseClassField(field){return this.
parseEffects?.willSet(this.currentThisScope(),"inClassFieldInit"),super.parseClassField(field)}updateContext(prevType){let{
type}=this;return(type===tt.parenR||type===tt.braceR||type===tt.braceL||type===tt.dollarBraceL||type===tt.parenL||type===
tt._function||type===tt._class||type===tt.colon||type===tt.backQuote||type===tt.star||type===tsTokTypes.jsxTagStart||type===
tsTokTypes.jsxTagEnd||type===tt.slash&&prevType===tsTokTypes.jsxTagStart)&&this.parseEffects?.willMutateTail(this.context,
2),super.updateContext(prevType)}enterScope(flags){return this.parseEffects?.willAppend(this.scopeStack),super.enterScope(
flags)}exitScope(){return this.parseEffects?.willMutateTail(this.scopeStack,1),super.exitScope()}declareName(name,bindingType,pos){
let effects=this.parseEffects;if(effects?.active)if(bindingType===scopeFlags.BIND_LEXICAL){let scope=this.currentScope();
effects.willAppend(scope.lexical),this.inModule&&scope.flags&scopeFlags.SCOPE_TOP&&effects.willSet(this.undefinedExports,
name)}else if(bindingType===scopeFlags.BIND_SIMPLE_CATCH)effects.willAppend(this.currentScope().lexical);else if(bindingType===
scopeFlags.BIND_FUNCTION)effects.willAppend(this.currentScope().functions);else for(let i=this.scopeStack.length-1;i>=0;i--){
let scope=this.scopeStack[i];if(effects.willAppend(scope.var),this.inModule&&scope.flags&scopeFlags.SCOPE_TOP&&effects.willSet(
this.undefinedExports,name),scope.flags&varScopeFlags)break}return super.declareName(name,bindingType,pos)}checkLocalExport(id){
return this.parseEffects?.willSet(this.undefinedExports,id.name),super.checkLocalExport(id)}}}var skipWhiteSpace=/(?:\s|\/\/.*|\/\*[^]*?\*\/)*/g;
function assert(x){if(!x)throw new Error("Assert fail")}function tsIsClassAccessor(modifier){return modifier==="accessor"}
function tsIsVarianceAnnotations(modifier){return modifier==="in"||modifier==="out"}var FUNC_STATEMENT=1,FUNC_HANGING_STATEMENT=2,
FUNC_NULLABLE_ID=4,acornScope={SCOPE_TOP:1,SCOPE_FUNCTION:2,SCOPE_ASYNC:4,SCOPE_GENERATOR:8,SCOPE_ARROW:16,SCOPE_SIMPLE_CATCH:32,
SCOPE_SUPER:64,SCOPE_DIRECT_SUPER:128,SCOPE_CLASS_STATIC_BLOCK:256,SCOPE_VAR:256,BIND_NONE:0,BIND_VAR:1,BIND_LEXICAL:2,BIND_FUNCTION:3,
BIND_SIMPLE_CATCH:4,BIND_OUTSIDE:5,BIND_TS_TYPE:6,BIND_TS_INTERFACE:7,BIND_TS_NAMESPACE:1032,BIND_FLAGS_TS_EXPORT_ONLY:1024,
BIND_FLAGS_TS_IMPORT:4096,BIND_FLAGS_TS_ENUM:256,BIND_FLAGS_TS_CONST_ENUM:512,BIND_TS_ENUM:258,BIND_TS_CONST_ENUM:770,BIND_FLAGS_CLASS:128};
function functionFlags(async,generator){return acornScope.SCOPE_FUNCTION|(async?acornScope.SCOPE_ASYNC:0)|(generator?acornScope.
SCOPE_GENERATOR:0)}function isPossiblyLiteralEnum(expression){if(expression.type!=="MemberExpression")return!1;let{computed,
property}=expression;return computed&&(property.type!=="TemplateLiteral"||property.expressions.length>0)?!1:isUncomputedMemberExpressionChain(
expression.object)}function isAmbientNumericUnaryExpression(expression){return expression.type==="UnaryExpression"&&(expression.
operator==="-"||expression.operator==="+")&&expression.argument.type==="Literal"&&(typeof expression.argument.value=="nu\
mber"||typeof expression.argument.value=="bigint")}function isUncomputedMemberExpressionChain(expression){return expression.
type==="Identifier"?!0:expression.type!=="MemberExpression"||expression.computed?!1:isUncomputedMemberExpressionChain(expression.
object)}function tsIsAccessModifier(modifier){return modifier==="private"||modifier==="public"||modifier==="protected"}function tokenCanStartExpression(token){
return!!token.startsExpr}function nonNull(x){if(x==null)throw new Error(`Unexpected ${x} value.`);return x}function keywordTypeFromName(value){
switch(value){case"any":return"TSAnyKeyword";case"boolean":return"TSBooleanKeyword";case"bigint":return"TSBigIntKeyword";case"\
never":return"TSNeverKeyword";case"number":return"TSNumberKeyword";case"object":return"TSObjectKeyword";case"string":return"\
TSStringKeyword";case"symbol":return"TSSymbolKeyword";case"undefined":return"TSUndefinedKeyword";case"unknown":return"TS\
UnknownKeyword";default:return}}function tsPlugin(options){let{dts=!1}=options||{},disallowAmbiguousJSXLike=!!options?.jsx;
return function(Parser){let _acorn=Parser.acorn||acornNamespace,acornTypeScript=generateAcornTypeScript(_acorn),tt=_acorn.
tokTypes,keywordTypes=_acorn.keywordTypes,isIdentifierStart=_acorn.isIdentifierStart,lineBreak=_acorn.lineBreak,isNewLine=_acorn.
isNewLine,tokContexts=_acorn.tokContexts,isIdentifierChar=_acorn.isIdentifierChar,{tokTypes,tokContexts:tsTokContexts,keywordsRegExp,
tokenIsLiteralPropertyName,tokenIsTemplate,tokenIsTSDeclarationStart,tokenIsIdentifier,tokenIsKeywordOrIdentifier,tokenIsTSTypeOperator}=acornTypeScript;
function nextLineBreak(code,from,end=code.length){for(let i=from;i<end;i++){let next=code.charCodeAt(i);if(isNewLine(next))
return i<end-1&&next===13&&code.charCodeAt(i+1)===10?i+2:i+1}return-1}Parser=generateParseDecorators(Parser,acornTypeScript,
_acorn),options?.jsx&&(Parser=generateJsxParser(_acorn,acornTypeScript,Parser,typeof options.jsx=="boolean"?{}:options.jsx)),
Parser=generateParseImportAssertions(Parser,acornTypeScript,_acorn);let EffectParser=adaptParser(Parser,{acornTokenTypes:tt,
typeScriptTokenTypes:tokTypes,scope:acornScope});class TypeScriptParser extends EffectParser{constructor(options2,input,startPos){
super(options2,input,startPos),this.preValue=null,this.preToken=null,this.isLookahead=!1,this.isAmbientContext=!1,this.inAbstractClass=
!1,this.inType=!1,this.inDisallowConditionalTypesContext=!1,this.maybeInArrowParameters=!1,this.shouldParseArrowReturnType=
void 0,this.shouldParseAsyncArrowReturnType=void 0,this.decoratorStack=[[]],this.importsStack=[[]],this.importOrExportOuterKind=
void 0,this.tsParseConstModifier=node=>{this.tsParseModifiers({modified:node,allowedModifiers:["const"],disallowedModifiers:[
"in","out"],errorTemplate:TypeScriptError.InvalidModifierOnTypeParameterPositions})},this.ecmaVersion=this.options.ecmaVersion}static get acornTypeScript(){
return acornTypeScript}get acornTypeScript(){return acornTypeScript}getTokenFromCodeInType(code){return code===62?this.finishOp(
tt.relational,1):code===60?this.finishOp(tt.relational,1):super.getTokenFromCode(code)}readToken(code){if(!this.inType){
let context=this.curContext();if(context===tsTokContexts.tc_expr)return this.jsx_readToken();if(context===tsTokContexts.
tc_oTag||context===tsTokContexts.tc_cTag){if(isIdentifierStart(code))return this.jsx_readWord();if(code==62)return++this.
pos,this.finishToken(tokTypes.jsxTagEnd);if((code===34||code===39)&&context==tsTokContexts.tc_oTag)return this.jsx_readString(
code)}if(code===60&&this.exprAllowed&&this.input.charCodeAt(this.pos+1)!==33)return++this.pos,options?.jsx?this.finishToken(
tokTypes.jsxTagStart):this.finishToken(tt.relational,"<")}return super.readToken(code)}getTokenFromCode(code){return this.
inType?this.getTokenFromCodeInType(code):code===64?(++this.pos,this.finishToken(tokTypes.at)):super.getTokenFromCode(code)}isAbstractClass(){
return this.ts_isContextual(tokTypes.abstract)&&this.lookahead().type===tt._class}isDeclareClass(){if(!this.ts_isContextual(
tokTypes.declare))return!1;let afterDeclare=this.nextTokenStart();if(this.isUnparsedContextual(afterDeclare,"class"))return!0;
if(!this.isUnparsedContextual(afterDeclare,"abstract"))return!1;let afterAbstract=this.nextTokenStartSince(afterDeclare+
8);return this.isUnparsedContextual(afterAbstract,"class")}finishNode(node,type){return node.type!==""&&node.end!==0?node:
super.finishNode(node,type)}tryParse(fn){let abortSignal={},frame=this.beginParseEffectScope(),node;try{node=fn(()=>{throw abortSignal})}catch(error){
let aborted=error===abortSignal;if(!aborted&&!(error instanceof SyntaxError))throw this.parseEffects.rollback(frame),error;
let failState={events:this.parseEffects.rollbackWithEvents(frame),selected:!1};return aborted?{node:null,error:null,thrown:!1,
aborted:!0,failState}:{node:null,error,thrown:!0,aborted:!1,failState}}return this.parseEffects.commit(frame),{node,error:null,
thrown:!1,aborted:!1,failState:null}}setOptionalParametersError(refExpressionErrors,resultError){refExpressionErrors.optionalParametersLoc=
resultError?.loc??this.startLoc}reScan_lt_gt(){this.type===tt.relational&&(this.pos-=1,this.readToken_lt_gt(this.fullCharCodeAtPos()))}reScan_lt(){
let{type}=this;return type===tt.bitShift?(this.pos-=2,this.finishOp(tt.relational,1),tt.relational):type}resetEndLocation(node,endPos=this.
lastTokEnd,endLoc=this.lastTokEndLoc){node.end=endPos,node.loc.end=endLoc,this.options.ranges&&(node.range[1]=endPos)}startNodeAtNode(type){
return super.startNodeAt(type.start,type.loc.start)}nextTokenStart(){return this.nextTokenStartSince(this.pos)}tsHasSomeModifiers(member,modifiers){
return modifiers.some(modifier=>tsIsAccessModifier(modifier)?member.accessibility===modifier:!!member[modifier])}tsIsStartOfStaticBlocks(){
return this.isContextual("static")&&this.lookaheadCharCode()===123}tsCheckForInvalidTypeCasts(items){items.forEach(node=>{
node?.type==="TSTypeCastExpression"&&this.raise(node.typeAnnotation.start,TypeScriptError.UnexpectedTypeAnnotation)})}atPossibleAsyncArrow(base){
return base.type==="Identifier"&&base.name==="async"&&this.lastTokEnd===base.end&&!this.canInsertSemicolon()&&base.end-base.
start===5&&base.start===this.potentialArrowAt}tsIsIdentifier(){return tokenIsIdentifier(this.type)}tsTryParseTypeOrTypePredicateAnnotation(){
return this.match(tt.colon)?this.tsParseTypeOrTypePredicateAnnotation(tt.colon):void 0}tsTryParseGenericAsyncArrowFunction(startPos,startLoc,forInit){
if(!this.tsMatchLeftRelational())return;let oldMaybeInArrowParameters=this.maybeInArrowParameters;this.maybeInArrowParameters=
!0;let res=this.tsTryParseAndCatch(()=>{let node=this.startNodeAt(startPos,startLoc);return node.typeParameters=this.tsParseTypeParameters(
this.tsParseConstModifier),super.parseFunctionParams(node),node.returnType=this.tsTryParseTypeOrTypePredicateAnnotation(),
this.expect(tt.arrow),node});if(this.maybeInArrowParameters=oldMaybeInArrowParameters,!!res)return this.parseArrowExpression(
res,res.params,!0,forInit)}tsParseTypeArgumentsInExpression(){if(this.reScan_lt()===tt.relational)return this.tsParseTypeArguments(
!0)}tsInNoContext(cb){let oldContext=this.context;this.context=[oldContext[0]];try{return cb()}finally{this.context=oldContext}}tsTryParseTypeAnnotation(){
return this.match(tt.colon)?this.tsParseTypeAnnotation():void 0}isUnparsedContextual(nameStart,name){let nameEnd=nameStart+
name.length;if(this.input.slice(nameStart,nameEnd)===name){let nextCh=this.input.charCodeAt(nameEnd);return!(isIdentifierChar(
nextCh)||(nextCh&64512)===55296)}return!1}isAbstractConstructorSignature(){return this.ts_isContextual(tokTypes.abstract)&&
this.lookahead().type===tt._new}nextTokenStartSince(pos){return skipWhiteSpace.lastIndex=pos,skipWhiteSpace.test(this.input)?
skipWhiteSpace.lastIndex:pos}lookaheadCharCode(){return this.input.charCodeAt(this.nextTokenStart())}createLookaheadState(){
this.value=null,this.context=[this.curContext()]}getCurLookaheadState(){return{endLoc:this.endLoc,lastTokEnd:this.lastTokEnd,
lastTokStart:this.lastTokStart,lastTokStartLoc:this.lastTokStartLoc,pos:this.pos,value:this.value,type:this.type,exprAllowed:this.
exprAllowed,start:this.start,end:this.end,context:this.context,startLoc:this.startLoc,lastTokEndLoc:this.lastTokEndLoc,curLine:this.
curLine,lineStart:this.lineStart,containsEsc:this.containsEsc}}setLookaheadTokenState(state){this.pos=state.pos,this.value=
state.value,this.exprAllowed=state.exprAllowed,this.endLoc=state.endLoc,this.lastTokEnd=state.lastTokEnd,this.lastTokStart=
state.lastTokStart,this.lastTokStartLoc=state.lastTokStartLoc,this.type=state.type,this.start=state.start,this.end=state.
end,this.startLoc=state.startLoc,this.lastTokEndLoc=state.lastTokEndLoc,this.curLine=state.curLine,this.lineStart=state.
lineStart,this.containsEsc=state.containsEsc}setLookaheadState(state){this.setLookaheadTokenState(state),this.context=state.
context&&state.context.slice()}beginParseEffectScope(){return this.parseEffects.begin()}selectTryParseResult(result){let failedBranch=result.
failState;if(failedBranch){if(failedBranch.selected)throw new Error("A parse branch result can only be selected once");failedBranch.
selected=!0,this.parseEffects.replay(failedBranch.events)}}tsLookAhead(f){let frame=this.beginParseEffectScope();try{return f()}finally{
this.parseEffects.rollback(frame)}}lookahead(number){let oldState=this.getCurLookaheadState(),oldContext=this.context,oldPreValue=this.
preValue,oldPreToken=this.preToken,oldIsLookahead=this.isLookahead;try{if(this.createLookaheadState(),this.isLookahead=!0,
number!==void 0)for(let i=0;i<number;i++)this.nextToken();else this.nextToken();return this.getCurLookaheadState()}finally{
this.setLookaheadTokenState(oldState),this.context=oldContext,this.preValue=oldPreValue,this.preToken=oldPreToken,this.isLookahead=
oldIsLookahead}}readWord(){let word=this.readWord1(),type=tt.name;return this.keywords.test(word)?type=keywordTypes[word]:
new RegExp(keywordsRegExp).test(word)&&(type=tokTypes[word]),this.finishToken(type,word)}skipBlockComment(){let startLoc;
this.isLookahead||(startLoc=this.options.onComment&&this.curPosition());let start=this.pos,end=this.input.indexOf("*/",this.
pos+=2);if(end===-1&&this.raise(this.pos-2,"Unterminated comment"),this.pos=end+2,this.options.locations)for(let nextBreak,
pos=start;(nextBreak=nextLineBreak(this.input,pos,this.pos))>-1;)++this.curLine,pos=this.lineStart=nextBreak;this.isLookahead||
this.options.onComment&&this.options.onComment(!0,this.input.slice(start+2,end),start,this.pos,startLoc,this.curPosition())}skipLineComment(startSkip){
let start=this.pos,startLoc;this.isLookahead||(startLoc=this.options.onComment&&this.curPosition());let ch=this.input.charCodeAt(
this.pos+=startSkip);for(;this.pos<this.input.length&&!isNewLine(ch);)ch=this.input.charCodeAt(++this.pos);this.isLookahead||
this.options.onComment&&this.options.onComment(!1,this.input.slice(start+startSkip,this.pos),start,this.pos,startLoc,this.
curPosition())}finishToken(type,val){this.preValue=this.value,this.preToken=this.type,this.end=this.pos,this.options.locations&&
(this.endLoc=this.curPosition());let prevType=this.type;this.type=type,this.value=val,this.isLookahead||this.updateContext(
prevType)}resetStartLocation(node,start,startLoc){node.start=start,node.loc.start=startLoc,this.options.ranges&&(node.range[0]=
start)}isLineTerminator(){return this.eat(tt.semi)||super.canInsertSemicolon()}hasFollowingLineBreak(){return skipWhiteSpaceToLineBreak.
lastIndex=this.end,skipWhiteSpaceToLineBreak.test(this.input)}addExtra(node,key,value,enumerable=!0){if(!node)return;let extra=node.
extra=node.extra||{};enumerable?extra[key]=value:Object.defineProperty(extra,key,{enumerable,value})}isLiteralPropertyName(){
return tokenIsLiteralPropertyName(this.type)}hasPrecedingLineBreak(){return lineBreak.test(this.input.slice(this.lastTokEnd,
this.start))}createIdentifier(node,name){return node.name=name,this.finishNode(node,"Identifier")}resetStartLocationFromNode(node,locationNode){
this.resetStartLocation(node,locationNode.start,locationNode.loc.start)}isThisParam(param){return param.type==="Identifi\
er"&&param.name==="this"}isLookaheadContextual(name){let next=this.nextTokenStart();return this.isUnparsedContextual(next,
name)}ts_type_isContextual(type,token){return type===token&&!this.containsEsc}ts_isContextual(token){return this.type===
token&&!this.containsEsc}ts_isContextualWithState(state,token){return state.type===token&&!state.containsEsc}isContextualWithState(keyword,state){
return state.type===tt.name&&state.value===keyword&&!state.containsEsc}tsIsStartOfMappedType(){return this.next(),this.eat(
tt.plusMin)?this.ts_isContextual(tokTypes.readonly):(this.ts_isContextual(tokTypes.readonly)&&this.next(),!this.match(tt.
bracketL)||(this.next(),!this.tsIsIdentifier())?!1:(this.next(),this.match(tt._in)))}tsInDisallowConditionalTypesContext(cb){
let oldInDisallowConditionalTypesContext=this.inDisallowConditionalTypesContext;this.inDisallowConditionalTypesContext=!0;
try{return cb()}finally{this.inDisallowConditionalTypesContext=oldInDisallowConditionalTypesContext}}tsTryParseType(){return this.
tsEatThenParseType(tt.colon)}match(type){return this.type===type}matchJsx(type){return this.type===acornTypeScript.tokTypes[type]}ts_eatWithState(type,nextCount,state){
let targetType=state.type;if(type===targetType){for(let i=0;i<nextCount;i++)this.next();return!0}else return!1}ts_eatContextualWithState(name,nextCount,state){
if(keywordsRegExp.test(name)){if(this.ts_isContextualWithState(state,tokTypes[name])){for(let i=0;i<nextCount;i++)this.next();
return!0}return!1}else{if(!this.isContextualWithState(name,state))return!1;for(let i=0;i<nextCount;i++)this.next();return!0}}canHaveLeadingDecorator(){
return this.match(tt._class)||this.isAbstractClass()||this.isDeclareClass()}eatContextual(name){return keywordsRegExp.test(
name)?this.ts_isContextual(tokTypes[name])?(this.next(),!0):!1:super.eatContextual(name)}tsIsExternalModuleReference(){return this.
isContextual("require")&&this.lookaheadCharCode()===40}tsParseExternalModuleReference(){let node=this.startNode();return this.
expectContextual("require"),this.expect(tt.parenL),this.match(tt.string)||this.unexpected(),node.expression=this.parseExprAtom(),
this.expect(tt.parenR),this.finishNode(node,"TSExternalModuleReference")}tsParseEntityName(allowReservedWords=!0){let entity=this.
parseIdent(allowReservedWords);for(;this.eat(tt.dot);){let node=this.startNodeAtNode(entity);node.left=entity,node.right=
this.parseIdent(allowReservedWords),entity=this.finishNode(node,"TSQualifiedName")}return entity}tsParseEnumMember(){let node=this.
startNode();return node.id=this.match(tt.string)?this.parseLiteral(this.value):this.parseIdent(!0),this.eat(tt.eq)&&(node.
initializer=this.parseMaybeAssign()),this.finishNode(node,"TSEnumMember")}tsParseEnumDeclaration(node,properties={}){properties.
const&&(node.const=!0),properties.declare&&(node.declare=!0),this.expectContextual("enum"),node.id=this.parseIdent();let bindingType=properties.
const?acornScope.BIND_TS_CONST_ENUM:acornScope.BIND_TS_ENUM;return this.checkLValSimple(node.id,bindingType),this.expect(
tt.braceL),node.members=this.tsParseDelimitedList("EnumMembers",this.tsParseEnumMember.bind(this)),this.expect(tt.braceR),
this.finishNode(node,"TSEnumDeclaration")}tsParseModuleBlock(){let node=this.startNode();for(this.enterScope(TS_SCOPE_OTHER),
this.expect(tt.braceL),node.body=[];this.type!==tt.braceR;){let stmt=this.parseStatement(null,!0);node.body.push(stmt)}return this.
next(),super.exitScope(),this.finishNode(node,"TSModuleBlock")}tsParseAmbientExternalModuleDeclaration(node){return this.
ts_isContextual(tokTypes.global)?(node.global=!0,node.id=this.parseIdent()):this.match(tt.string)?node.id=this.parseLiteral(
this.value):this.unexpected(),this.match(tt.braceL)?(this.enterScope(TS_SCOPE_TS_MODULE),node.body=this.tsParseModuleBlock(),
super.exitScope()):super.semicolon(),this.finishNode(node,"TSModuleDeclaration")}tsTryParseDeclare(nany){if(this.isLineTerminator())
return;let starttype=this.type,kind;return this.isContextual("let")&&(starttype=tt._var,kind="let"),this.tsInAmbientContext(
()=>{if(starttype===tt._function)return nany.declare=!0,this.parseFunctionStatement(nany,!1,!0);if(starttype===tt._class)
return nany.declare=!0,this.parseClass(nany,!0);if(starttype===tokTypes.enum)return this.tsParseEnumDeclaration(nany,{declare:!0});
if(starttype===tokTypes.global)return this.tsParseAmbientExternalModuleDeclaration(nany);if(starttype===tt._const||starttype===
tt._var)return!this.match(tt._const)||!this.isLookaheadContextual("enum")?(nany.declare=!0,this.parseVarStatement(nany,kind||
this.value,!0)):(this.expect(tt._const),this.tsParseEnumDeclaration(nany,{const:!0,declare:!0}));if(starttype===tokTypes.
interface){let result=this.tsParseInterfaceDeclaration(nany,{declare:!0});if(result)return result}if(tokenIsIdentifier(starttype))
return this.tsParseDeclaration(nany,this.value,!0)})}tsIsListTerminator(kind){switch(kind){case"EnumMembers":case"TypeMe\
mbers":return this.match(tt.braceR);case"HeritageClauseElement":return this.match(tt.braceL);case"TupleElementTypes":return this.
match(tt.bracketR);case"TypeParametersOrArguments":return this.tsMatchRightRelational()}}tsParseDelimitedListWorker(kind,parseElement,expectSuccess,refTrailingCommaPos){
let result=[],trailingCommaPos=-1;for(;!this.tsIsListTerminator(kind);){trailingCommaPos=-1;let element=parseElement();if(element==
null)return;if(result.push(element),this.eat(tt.comma)){trailingCommaPos=this.lastTokStart;continue}if(this.tsIsListTerminator(
kind))break;expectSuccess&&this.expect(tt.comma);return}return refTrailingCommaPos&&(refTrailingCommaPos.value=trailingCommaPos),
result}tsParseDelimitedList(kind,parseElement,refTrailingCommaPos){return nonNull(this.tsParseDelimitedListWorker(kind,parseElement,
!0,refTrailingCommaPos))}tsParseBracketedList(kind,parseElement,bracket,skipFirstToken,refTrailingCommaPos){skipFirstToken||
(bracket?this.expect(tt.bracketL):this.expect(tt.relational));let result=this.tsParseDelimitedList(kind,parseElement,refTrailingCommaPos);
return bracket?this.expect(tt.bracketR):this.expect(tt.relational),result}tsParseTypeParameterName(){return this.parseIdent().
name}tsEatThenParseType(token){return this.match(token)?this.tsNextThenParseType():void 0}tsExpectThenParseType(token){return this.
tsDoThenParseType(()=>this.expect(token))}tsNextThenParseType(){return this.tsDoThenParseType(()=>this.next())}tsDoThenParseType(cb){
return this.tsInType(()=>(cb(),this.tsParseType()))}tsSkipParameterStart(){if(tokenIsIdentifier(this.type)||this.match(tt.
_this))return this.next(),!0;if(this.match(tt.braceL))try{return this.parseObj(!0),!0}catch{return!1}if(this.match(tt.bracketL)){
this.next();try{return this.parseBindingList(tt.bracketR,!0,!0),!0}catch{return!1}}return!1}tsIsUnambiguouslyStartOfFunctionType(){
return this.next(),!!(this.match(tt.parenR)||this.match(tt.ellipsis)||this.tsSkipParameterStart()&&(this.match(tt.colon)||
this.match(tt.comma)||this.match(tt.question)||this.match(tt.eq)||this.match(tt.parenR)&&(this.next(),this.match(tt.arrow))))}tsIsStartOfFunctionType(){
return this.tsMatchLeftRelational()?!0:this.match(tt.parenL)&&this.tsLookAhead(this.tsIsUnambiguouslyStartOfFunctionType.
bind(this))}tsInAllowConditionalTypesContext(cb){let oldInDisallowConditionalTypesContext=this.inDisallowConditionalTypesContext;
this.inDisallowConditionalTypesContext=!1;try{return cb()}finally{this.inDisallowConditionalTypesContext=oldInDisallowConditionalTypesContext}}tsParseBindingListForSignature(){
return super.parseBindingList(tt.parenR,!0,!0).map(pattern=>(pattern.type!=="Identifier"&&pattern.type!=="RestElement"&&
pattern.type!=="ObjectPattern"&&pattern.type!=="ArrayPattern"&&this.raise(pattern.start,TypeScriptError.UnsupportedSignatureParameterKind(
{type:pattern.type})),pattern))}tsParseTypePredicateAsserts(){if(this.type!==tokTypes.asserts)return!1;let containsEsc=this.
containsEsc;return this.next(),!tokenIsIdentifier(this.type)&&!this.match(tt._this)?!1:(containsEsc&&this.raise(this.lastTokStart,
"Escape sequence in keyword asserts"),!0)}tsParseThisTypeNode(){let node=this.startNode();return this.next(),this.finishNode(
node,"TSThisType")}tsParseTypeAnnotation(eatColon=!0,t=this.startNode()){return this.tsInType(()=>{eatColon&&this.expect(
tt.colon),t.typeAnnotation=this.tsParseType()}),this.finishNode(t,"TSTypeAnnotation")}tsParseThisTypePredicate(lhs){this.
next();let node=this.startNodeAtNode(lhs);return node.parameterName=lhs,node.typeAnnotation=this.tsParseTypeAnnotation(!1),
node.asserts=!1,this.finishNode(node,"TSTypePredicate")}tsParseThisTypeOrThisTypePredicate(){let thisKeyword=this.tsParseThisTypeNode();
return this.isContextual("is")&&!this.hasPrecedingLineBreak()?this.tsParseThisTypePredicate(thisKeyword):thisKeyword}tsParseTypePredicatePrefix(){
let id=this.parseIdent();if(this.isContextual("is")&&!this.hasPrecedingLineBreak())return this.next(),id}tsParseTypeOrTypePredicateAnnotation(returnToken){
return this.tsInType(()=>{let t=this.startNode();this.expect(returnToken);let node=this.startNode(),typePredicateVariable=this.
tsIsIdentifier()&&this.tsTryParse(this.tsParseTypePredicatePrefix.bind(this));if(typePredicateVariable){let type2=this.tsParseTypeAnnotation(
!1);return node.parameterName=typePredicateVariable,node.typeAnnotation=type2,node.asserts=!1,t.typeAnnotation=this.finishNode(
node,"TSTypePredicate"),this.finishNode(t,"TSTypeAnnotation")}let asserts=!!this.tsTryParse(this.tsParseTypePredicateAsserts.
bind(this));if(asserts&&this.match(tt._this)){let thisTypePredicate=this.tsParseThisTypeOrThisTypePredicate();return thisTypePredicate.
type==="TSThisType"?(node.parameterName=thisTypePredicate,node.asserts=!0,node.typeAnnotation=null,thisTypePredicate=this.
finishNode(node,"TSTypePredicate")):(this.resetStartLocationFromNode(thisTypePredicate,node),thisTypePredicate.asserts=!0),
t.typeAnnotation=thisTypePredicate,this.finishNode(t,"TSTypeAnnotation")}let assertedTypePredicateVariable=asserts&&this.
tsIsIdentifier()&&this.tsTryParse(this.tsParseTypePredicatePrefix.bind(this));if(!assertedTypePredicateVariable)return asserts?
(node.parameterName=this.parseIdent(),node.asserts=asserts,node.typeAnnotation=null,t.typeAnnotation=this.finishNode(node,
"TSTypePredicate"),this.finishNode(t,"TSTypeAnnotation")):this.tsParseTypeAnnotation(!1,t);let type=this.tsParseTypeAnnotation(
!1);return node.parameterName=assertedTypePredicateVariable,node.typeAnnotation=type,node.asserts=asserts,t.typeAnnotation=
this.finishNode(node,"TSTypePredicate"),this.finishNode(t,"TSTypeAnnotation")})}tsFillSignature(returnToken,signature){let returnTokenRequired=returnToken===
tt.arrow,paramsKey="parameters",returnTypeKey="typeAnnotation";signature.typeParameters=this.tsTryParseTypeParameters(),
this.expect(tt.parenL),signature[paramsKey]=this.tsParseBindingListForSignature(),returnTokenRequired?signature[returnTypeKey]=
this.tsParseTypeOrTypePredicateAnnotation(returnToken):this.match(returnToken)&&(signature[returnTypeKey]=this.tsParseTypeOrTypePredicateAnnotation(
returnToken))}tsTryNextParseConstantContext(){if(this.lookahead().type!==tt._const)return null;this.next();let typeReference=this.
tsParseTypeReference();return(typeReference.typeParameters||typeReference.typeArguments)&&this.raise(typeReference.typeName.
start,TypeScriptError.CannotFindName({name:"const"})),typeReference}tsParseFunctionOrConstructorType(type,abstract){let node=this.
startNode();return type==="TSConstructorType"&&(node.abstract=!!abstract,abstract&&this.next(),this.next()),this.tsInAllowConditionalTypesContext(
()=>this.tsFillSignature(tt.arrow,node)),this.finishNode(node,type)}tsParseUnionOrIntersectionType(kind,parseConstituentType,operator){
let node=this.startNode(),hasLeadingOperator=this.eat(operator),types=[];do types.push(parseConstituentType());while(this.
eat(operator));return types.length===1&&!hasLeadingOperator?types[0]:(node.types=types,this.finishNode(node,kind))}tsCheckTypeAnnotationForReadOnly(node){
switch(node.typeAnnotation.type){case"TSTupleType":case"TSArrayType":return;default:this.raise(node.start,TypeScriptError.
UnexpectedReadonly)}}tsParseTypeOperator(){let node=this.startNode(),operator=this.value;return this.next(),node.operator=
operator,node.typeAnnotation=this.tsParseTypeOperatorOrHigher(),operator==="readonly"&&this.tsCheckTypeAnnotationForReadOnly(
node),this.finishNode(node,"TSTypeOperator")}tsParseConstraintForInferType(){if(this.eat(tt._extends)){let constraint=this.
tsInDisallowConditionalTypesContext(()=>this.tsParseType());if(this.inDisallowConditionalTypesContext||!this.match(tt.question))
return constraint}}tsParseInferType(){let node=this.startNode();this.expectContextual("infer");let typeParameter=this.startNode();
return typeParameter.name=this.tsParseTypeParameterName(),typeParameter.constraint=this.tsTryParse(()=>this.tsParseConstraintForInferType()),
node.typeParameter=this.finishNode(typeParameter,"TSTypeParameter"),this.finishNode(node,"TSInferType")}tsParseLiteralTypeNode(){
let node=this.startNode();return node.literal=(()=>{switch(this.type){case tt.num:case tt.string:case tt._true:case tt._false:
return this.parseExprAtom();default:this.unexpected()}})(),this.finishNode(node,"TSLiteralType")}tsParseImportType(){let node=this.
startNode();return this.expect(tt._import),this.expect(tt.parenL),this.match(tt.string)||this.raise(this.start,TypeScriptError.
UnsupportedImportTypeArgument),node.argument=this.parseExprAtom(),this.expect(tt.parenR),this.eat(tt.dot)&&(node.qualifier=
this.tsParseEntityName()),this.tsMatchLeftRelational()&&(node.typeArguments=this.tsParseTypeArguments()),this.finishNode(
node,"TSImportType")}tsParseTypeQuery(){let node=this.startNode();return this.expect(tt._typeof),this.match(tt._import)?
node.exprName=this.tsParseImportType():node.exprName=this.tsParseEntityName(),!this.hasPrecedingLineBreak()&&this.tsMatchLeftRelational()&&
(node.typeArguments=this.tsParseTypeArguments()),this.finishNode(node,"TSTypeQuery")}tsParseMappedTypeParameter(){let node=this.
startNode();return node.name=this.tsParseTypeParameterName(),node.constraint=this.tsExpectThenParseType(tt._in),this.finishNode(
node,"TSTypeParameter")}tsParseMappedType(){let node=this.startNode();return this.expect(tt.braceL),this.match(tt.plusMin)?
(node.readonly=this.value,this.next(),this.expectContextual("readonly")):this.eatContextual("readonly")&&(node.readonly=
!0),this.expect(tt.bracketL),node.typeParameter=this.tsParseMappedTypeParameter(),node.nameType=this.eatContextual("as")?
this.tsParseType():null,this.expect(tt.bracketR),this.match(tt.plusMin)?(node.optional=this.value,this.next(),this.expect(
tt.question)):this.eat(tt.question)&&(node.optional=!0),node.typeAnnotation=this.tsTryParseType(),this.semicolon(),this.
expect(tt.braceR),this.finishNode(node,"TSMappedType")}tsParseTypeLiteral(){let node=this.startNode();return node.members=
this.tsParseObjectTypeMembers(),this.finishNode(node,"TSTypeLiteral")}tsIsTupleElementLabel(){if(!tokenIsKeywordOrIdentifier(
this.type))return!1;let nextToken=this.lookahead();return nextToken.type===tt.colon?!0:nextToken.type!==tt.question?!1:this.
lookahead(2).type===tt.colon}tsParseTupleElementType(){let startLoc=this.startLoc,startPos=this.start,rest=this.eat(tt.ellipsis),
type;if(this.tsIsTupleElementLabel()){let labeledNode=this.startNode();labeledNode.label=this.parseIdent(!0),labeledNode.
optional=this.eat(tt.question),this.expect(tt.colon),labeledNode.elementType=this.tsParseType(),type=this.finishNode(labeledNode,
"TSNamedTupleMember")}else{type=this.tsParseType();let optional=this.eat(tt.question);if(this.eat(tt.colon)&&this.raise(
type.start,TypeScriptError.InvalidTupleMemberLabel),optional){let optionalTypeNode=this.startNodeAtNode(type);optionalTypeNode.
typeAnnotation=type,type=this.finishNode(optionalTypeNode,"TSOptionalType")}}if(rest){let restNode=this.startNodeAt(startPos,
startLoc);restNode.typeAnnotation=type,type=this.finishNode(restNode,"TSRestType")}return type}tsParseTupleType(){let node=this.
startNode();node.elementTypes=this.tsParseBracketedList("TupleElementTypes",this.tsParseTupleElementType.bind(this),!0,!1);
let seenOptionalElement=!1;return node.elementTypes.forEach(elementNode=>{let{type}=elementNode;seenOptionalElement&&type!==
"TSRestType"&&type!=="TSOptionalType"&&!(type==="TSNamedTupleMember"&&elementNode.optional)&&this.raise(elementNode.start,
TypeScriptError.OptionalTypeBeforeRequired),seenOptionalElement||=type==="TSNamedTupleMember"&&elementNode.optional||type===
"TSOptionalType",type==="TSRestType"&&(elementNode=elementNode.typeAnnotation)}),this.finishNode(node,"TSTupleType")}tsParseTemplateLiteralType(){
let node=this.startNode();return node.literal=this.parseTemplate({isTagged:!1}),this.finishNode(node,"TSLiteralType")}tsParseTypeReference(){
let node=this.startNode();return node.typeName=this.tsParseEntityName(),!this.hasPrecedingLineBreak()&&this.tsMatchLeftRelational()&&
(node.typeArguments=this.tsParseTypeArguments()),this.finishNode(node,"TSTypeReference")}tsMatchLeftRelational(){return this.
match(tt.relational)&&this.value==="<"}tsMatchRightRelational(){return this.match(tt.relational)&&this.value===">"}tsParseParenthesizedType(){
let node=this.startNode();return this.expect(tt.parenL),node.typeAnnotation=this.tsParseType(),this.expect(tt.parenR),this.
finishNode(node,"TSParenthesizedType")}tsParseNonArrayType(){switch(this.type){case tt.string:case tt.num:case tt._true:case tt.
_false:return this.tsParseLiteralTypeNode();case tt.plusMin:if(this.value==="-"){let node=this.startNode();return this.lookahead().
type!==tt.num&&this.unexpected(),node.literal=this.parseMaybeUnary(),this.finishNode(node,"TSLiteralType")}break;case tt.
_this:return this.tsParseThisTypeOrThisTypePredicate();case tt._typeof:return this.tsParseTypeQuery();case tt._import:return this.
tsParseImportType();case tt.braceL:return this.tsLookAhead(this.tsIsStartOfMappedType.bind(this))?this.tsParseMappedType():
this.tsParseTypeLiteral();case tt.bracketL:return this.tsParseTupleType();case tt.parenL:return this.tsParseParenthesizedType();case tt.
backQuote:case tt.dollarBraceL:return this.tsParseTemplateLiteralType();default:{let{type}=this;if(tokenIsKeywordOrIdentifier(
type)||type===tt._void||type===tt._null){let nodeType=type===tt._void?"TSVoidKeyword":type===tt._null?"TSNullKeyword":keywordTypeFromName(
this.value);if(nodeType!==void 0&&this.lookaheadCharCode()!==46){let node=this.startNode();return this.next(),this.finishNode(
node,nodeType)}return this.tsParseTypeReference()}}}this.unexpected()}tsParseArrayTypeOrHigher(){let type=this.tsParseNonArrayType();
for(;!this.hasPrecedingLineBreak()&&this.eat(tt.bracketL);)if(this.match(tt.bracketR)){let node=this.startNodeAtNode(type);
node.elementType=type,this.expect(tt.bracketR),type=this.finishNode(node,"TSArrayType")}else{let node=this.startNodeAtNode(
type);node.objectType=type,node.indexType=this.tsParseType(),this.expect(tt.bracketR),type=this.finishNode(node,"TSIndex\
edAccessType")}return type}tsParseTypeOperatorOrHigher(){return tokenIsTSTypeOperator(this.type)&&!this.containsEsc?this.
tsParseTypeOperator():this.isContextual("infer")?this.tsParseInferType():this.tsInAllowConditionalTypesContext(()=>this.
tsParseArrayTypeOrHigher())}tsParseIntersectionTypeOrHigher(){return this.tsParseUnionOrIntersectionType("TSIntersection\
Type",this.tsParseTypeOperatorOrHigher.bind(this),tt.bitwiseAND)}tsParseUnionTypeOrHigher(){return this.tsParseUnionOrIntersectionType(
"TSUnionType",this.tsParseIntersectionTypeOrHigher.bind(this),tt.bitwiseOR)}tsParseNonConditionalType(){return this.tsIsStartOfFunctionType()?
this.tsParseFunctionOrConstructorType("TSFunctionType"):this.match(tt._new)?this.tsParseFunctionOrConstructorType("TSCon\
structorType"):this.isAbstractConstructorSignature()?this.tsParseFunctionOrConstructorType("TSConstructorType",!0):this.
tsParseUnionTypeOrHigher()}tsParseType(){assert(this.inType);let type=this.tsParseNonConditionalType();if(this.inDisallowConditionalTypesContext||
this.hasPrecedingLineBreak()||!this.eat(tt._extends))return type;let node=this.startNodeAtNode(type);return node.checkType=
type,node.extendsType=this.tsInDisallowConditionalTypesContext(()=>this.tsParseNonConditionalType()),this.expect(tt.question),
node.trueType=this.tsInAllowConditionalTypesContext(()=>this.tsParseType()),this.expect(tt.colon),node.falseType=this.tsInAllowConditionalTypesContext(
()=>this.tsParseType()),this.finishNode(node,"TSConditionalType")}tsIsUnambiguouslyIndexSignature(){return this.next(),tokenIsIdentifier(
this.type)?(this.next(),this.match(tt.colon)):!1}tsInType(cb){let oldInType=this.inType;this.inType=!0;try{return cb()}finally{
this.inType=oldInType}}tsTryParseIndexSignature(node){if(!(this.match(tt.bracketL)&&this.tsLookAhead(this.tsIsUnambiguouslyIndexSignature.
bind(this))))return;this.expect(tt.bracketL);let id=this.parseIdent();id.typeAnnotation=this.tsParseTypeAnnotation(),this.
resetEndLocation(id),this.expect(tt.bracketR),node.parameters=[id];let type=this.tsTryParseTypeAnnotation();return type&&
(node.typeAnnotation=type),this.tsParseTypeMemberSemicolon(),this.finishNode(node,"TSIndexSignature")}tsParseNoneModifiers(node){
this.tsParseModifiers({modified:node,allowedModifiers:[],disallowedModifiers:["in","out"],errorTemplate:TypeScriptError.
InvalidModifierOnTypeParameterPositions})}tsParseTypeParameter(parseModifiers=this.tsParseNoneModifiers.bind(this)){let node=this.
startNode();return parseModifiers(node),node.name=this.tsParseTypeParameterName(),node.constraint=this.tsEatThenParseType(
tt._extends),node.default=this.tsEatThenParseType(tt.eq),this.finishNode(node,"TSTypeParameter")}tsParseTypeParameters(parseModifiers){
let node=this.startNode();this.tsMatchLeftRelational()||this.matchJsx("jsxTagStart")?this.next():this.unexpected();let refTrailingCommaPos={
value:-1};return node.params=this.tsParseBracketedList("TypeParametersOrArguments",this.tsParseTypeParameter.bind(this,parseModifiers),
!1,!0,refTrailingCommaPos),node.params.length===0&&this.raise(this.start,TypeScriptError.EmptyTypeParameters),refTrailingCommaPos.
value!==-1&&this.addExtra(node,"trailingComma",refTrailingCommaPos.value),this.finishNode(node,"TSTypeParameterDeclarati\
on")}tsTryParseTypeParameters(parseModifiers){if(this.tsMatchLeftRelational())return this.tsParseTypeParameters(parseModifiers)}tsTryParse(f){
let frame=this.beginParseEffectScope(),result;try{result=f()}catch(error){throw this.parseEffects.rollback(frame),error}
if(result!==void 0&&result!==!1)return this.parseEffects.commit(frame),result;this.parseEffects.rollback(frame)}tsTokenCanFollowModifier(){
return(this.match(tt.bracketL)||this.match(tt.braceL)||this.match(tt.star)||this.match(tt.ellipsis)||this.match(tt.privateId)||
this.isLiteralPropertyName())&&!this.hasPrecedingLineBreak()}tsNextTokenCanFollowModifier(){return this.next(!0),this.tsTokenCanFollowModifier()}tsParseModifier(allowedModifiers,stopOnStartOfClassStaticBlock){
let modifier=this.value;if(allowedModifiers.indexOf(modifier)!==-1&&!this.containsEsc){if(stopOnStartOfClassStaticBlock&&
this.tsIsStartOfStaticBlocks())return;if(this.tsTryParse(this.tsNextTokenCanFollowModifier.bind(this)))return modifier}}tsParseModifiersByMap({
modified,map}){for(let key of Object.keys(map))modified[key]=map[key]}tsParseModifiers({modified,allowedModifiers,disallowedModifiers,
stopOnStartOfClassStaticBlock,errorTemplate=TypeScriptError.InvalidModifierOnTypeMember}){let modifiedMap={},enforceOrder=(loc,modifier,before,after)=>{
modifier===before&&modified[after]&&this.raise(loc.column,TypeScriptError.InvalidModifiersOrder({orderedModifiers:[before,
after]}))},incompatible=(loc,modifier,mod1,mod2)=>{(modified[mod1]&&modifier===mod2||modified[mod2]&&modifier===mod1)&&this.
raise(loc.column,TypeScriptError.IncompatibleModifiers({modifiers:[mod1,mod2]}))};for(;;){let startLoc=this.startLoc,modifier=this.
tsParseModifier(allowedModifiers.concat(disallowedModifiers??[]),stopOnStartOfClassStaticBlock);if(!modifier)break;tsIsAccessModifier(
modifier)?modified.accessibility?this.raise(this.start,TypeScriptError.DuplicateAccessibilityModifier()):(enforceOrder(startLoc,
modifier,modifier,"override"),enforceOrder(startLoc,modifier,modifier,"static"),enforceOrder(startLoc,modifier,modifier,
"readonly"),enforceOrder(startLoc,modifier,modifier,"accessor"),modifiedMap.accessibility=modifier,modified.accessibility=
modifier):tsIsVarianceAnnotations(modifier)?modified[modifier]?this.raise(this.start,TypeScriptError.DuplicateModifier({
modifier})):(enforceOrder(startLoc,modifier,"in","out"),modifiedMap[modifier]=modifier,modified[modifier]=!0):tsIsClassAccessor(
modifier)?modified[modifier]?this.raise(this.start,TypeScriptError.DuplicateModifier({modifier})):(incompatible(startLoc,
modifier,"accessor","readonly"),incompatible(startLoc,modifier,"accessor","override"),modifiedMap[modifier]=modifier,modified[modifier]=
!0):modifier==="const"?modified[modifier]?this.raise(this.start,TypeScriptError.DuplicateModifier({modifier})):(modifiedMap[modifier]=
modifier,modified[modifier]=!0):Object.hasOwnProperty.call(modified,modifier)?this.raise(this.start,TypeScriptError.DuplicateModifier(
{modifier})):(enforceOrder(startLoc,modifier,"static","readonly"),enforceOrder(startLoc,modifier,"static","override"),enforceOrder(
startLoc,modifier,"override","readonly"),enforceOrder(startLoc,modifier,"abstract","override"),incompatible(startLoc,modifier,
"declare","override"),incompatible(startLoc,modifier,"static","abstract"),modifiedMap[modifier]=modifier,modified[modifier]=
!0),disallowedModifiers?.includes(modifier)&&this.raise(this.start,errorTemplate)}return modifiedMap}tsParseInOutModifiers(node){
this.tsParseModifiers({modified:node,allowedModifiers:["in","out"],disallowedModifiers:["public","private","protected","\
readonly","declare","abstract","override"],errorTemplate:TypeScriptError.InvalidModifierOnTypeParameter})}tsParseClassTypeParameterModifiers(node){
this.tsParseModifiers({modified:node,allowedModifiers:["const","in","out"],disallowedModifiers:["public","private","prot\
ected","readonly","declare","abstract","override"],errorTemplate:TypeScriptError.InvalidModifierOnTypeParameter})}parseMaybeUnary(refExpressionErrors,sawUnary,incDec,forInit){
return!options?.jsx&&this.tsMatchLeftRelational()?this.tsParseTypeAssertion():super.parseMaybeUnary(refExpressionErrors,
sawUnary,incDec,forInit)}tsParseTypeAssertion(){disallowAmbiguousJSXLike&&this.raise(this.start,TypeScriptError.ReservedTypeAssertion);
let result=this.tryParse(()=>{let node=this.startNode(),_const=this.tsTryNextParseConstantContext();return node.typeAnnotation=
_const||this.tsNextThenParseType(),this.expect(tt.relational),node.expression=this.parseMaybeUnary(),this.finishNode(node,
"TSTypeAssertion")});return result.error?this.tsParseTypeParameters(this.tsParseConstModifier):result.node}tsParseTypeArguments(inExpression=!1){
let node=this.startNode();return node.params=this.tsInType(()=>this.tsInNoContext(()=>(this.expect(tt.relational),this.tsParseDelimitedList(
"TypeParametersOrArguments",this.tsParseType.bind(this))))),node.params.length===0&&this.raise(this.start,TypeScriptError.
EmptyTypeArguments),inExpression&&this.curContext()!==tsTokContexts.tc_oTag&&this.reScan_lt_gt(),this.tsMatchRightRelational()||
this.unexpected(),this.exprAllowed=!1,this.next(),this.finishNode(node,"TSTypeParameterInstantiation")}tsParseHeritageClause(token){
let originalStart=this.start,delimitedList=this.tsParseDelimitedList("HeritageClauseElement",()=>{let node=this.startNode();
return node.expression=this.tsParseEntityName(),this.tsMatchLeftRelational()&&(node.typeParameters=this.tsParseTypeArguments()),
this.finishNode(node,"TSExpressionWithTypeArguments")});return delimitedList.length||this.raise(originalStart,TypeScriptError.
EmptyHeritageClauseType({token})),delimitedList}tsParseTypeMemberSemicolon(){!this.eat(tt.comma)&&!this.isLineTerminator()&&
this.expect(tt.semi)}tsTryParseAndCatch(f){let result=this.tryParse(abort=>f()||abort());if(!(result.aborted||!result.node))
return result.node}tsParseSignatureMember(kind,node){return this.tsFillSignature(tt.colon,node),this.tsParseTypeMemberSemicolon(),
this.finishNode(node,kind)}tsParsePropertyOrMethodSignature(node,readonly){this.eat(tt.question)&&(node.optional=!0);let nodeAny=node;
if(this.match(tt.parenL)||this.tsMatchLeftRelational()){readonly&&this.raise(node.start,TypeScriptError.ReadonlyForMethodSignature);
let method=nodeAny;method.kind&&this.tsMatchLeftRelational()&&this.raise(this.start,TypeScriptError.AccesorCannotHaveTypeParameters),
this.tsFillSignature(tt.colon,method),this.tsParseTypeMemberSemicolon();let paramsKey="parameters",returnTypeKey="typeAn\
notation";if(method.kind==="get")method[paramsKey].length>0&&(this.raise(this.start,"A 'get' accesor must not have any f\
ormal parameters."),this.isThisParam(method[paramsKey][0])&&this.raise(this.start,TypeScriptError.AccesorCannotDeclareThisParameter));else if(method.
kind==="set"){if(method[paramsKey].length!==1)this.raise(this.start,"A 'get' accesor must not have any formal parameters\
.");else{let firstParameter=method[paramsKey][0];this.isThisParam(firstParameter)&&this.raise(this.start,TypeScriptError.
AccesorCannotDeclareThisParameter),firstParameter.type==="Identifier"&&firstParameter.optional&&this.raise(this.start,TypeScriptError.
SetAccesorCannotHaveOptionalParameter),firstParameter.type==="RestElement"&&this.raise(this.start,TypeScriptError.SetAccesorCannotHaveRestParameter)}
method[returnTypeKey]&&this.raise(method[returnTypeKey].start,TypeScriptError.SetAccesorCannotHaveReturnType)}else method.
kind="method";return this.finishNode(method,"TSMethodSignature")}else{let property=nodeAny;readonly&&(property.readonly=
!0);let type=this.tsTryParseTypeAnnotation();return type&&(property.typeAnnotation=type),this.tsParseTypeMemberSemicolon(),
this.finishNode(property,"TSPropertySignature")}}tsParseTypeMember(){let node=this.startNode();if(this.match(tt.parenL)||
this.tsMatchLeftRelational())return this.tsParseSignatureMember("TSCallSignatureDeclaration",node);if(this.match(tt._new)){
let id=this.startNode();return this.next(),this.match(tt.parenL)||this.tsMatchLeftRelational()?this.tsParseSignatureMember(
"TSConstructSignatureDeclaration",node):(node.key=this.createIdentifier(id,"new"),this.tsParsePropertyOrMethodSignature(
node,!1))}this.tsParseModifiers({modified:node,allowedModifiers:["readonly"],disallowedModifiers:["declare","abstract","\
private","protected","public","static","override"]});let idx=this.tsTryParseIndexSignature(node);return idx||(this.parsePropertyName(
node),!node.computed&&node.key.type==="Identifier"&&(node.key.name==="get"||node.key.name==="set")&&this.tsTokenCanFollowModifier()&&
(node.kind=node.key.name,this.parsePropertyName(node)),this.tsParsePropertyOrMethodSignature(node,!!node.readonly))}tsParseList(kind,parseElement){
let result=[];for(;!this.tsIsListTerminator(kind);)result.push(parseElement());return result}tsParseObjectTypeMembers(){
this.expect(tt.braceL);let members=this.tsParseList("TypeMembers",this.tsParseTypeMember.bind(this));return this.expect(
tt.braceR),members}tsParseInterfaceDeclaration(node,properties={}){if(this.hasFollowingLineBreak())return null;if(this.expectContextual(
"interface"),properties.declare&&(node.declare=!0),tokenIsIdentifier(this.type)){node.id=this.parseIdent(),this.checkLValSimple(
node.id,acornScope.BIND_TS_INTERFACE);let scope=this.currentScope();this.maybeExportDefined(scope,node.id.name)}else node.
id=null,this.raise(this.start,TypeScriptError.MissingInterfaceName);node.typeParameters=this.tsTryParseTypeParameters(this.
tsParseInOutModifiers.bind(this)),this.eat(tt._extends)&&(node.extends=this.tsParseHeritageClause("extends"));let body=this.
startNode();return body.body=this.tsParseInterfaceBody(),node.body=this.finishNode(body,"TSInterfaceBody"),this.finishNode(
node,"TSInterfaceDeclaration")}tsParseInterfaceBody(){this.expect(tt.braceL);let oldInType=this.inType;this.inType=!0;let members=this.
tsParseList("TypeMembers",this.tsParseTypeMember.bind(this));return this.inType=oldInType,this.expect(tt.braceR),members}tsParseAbstractDeclaration(node){
if(this.match(tt._class))return node.abstract=!0,this.parseClass(node,!0);if(this.ts_isContextual(tokTypes.interface)){if(!this.
hasFollowingLineBreak())return node.abstract=!0,this.tsParseInterfaceDeclaration(node)}else this.unexpected(node.start)}tsIsDeclarationStart(){
return tokenIsTSDeclarationStart(this.type)}tsParseExpressionStatement(node,expr){switch(expr.name){case"declare":{let declaration=this.
tsTryParseDeclare(node);if(declaration)return declaration.declare=!0,declaration;break}case"global":if(this.match(tt.braceL)){
this.enterScope(TS_SCOPE_TS_MODULE);let mod=node;return mod.global=!0,mod.id=expr,mod.body=this.tsParseModuleBlock(),super.
exitScope(),this.finishNode(mod,"TSModuleDeclaration")}break;default:return this.tsParseDeclaration(node,expr.name,!1)}}tsParseModuleReference(){
return this.tsIsExternalModuleReference()?this.tsParseExternalModuleReference():this.tsParseEntityName(!1)}tsIsExportDefaultSpecifier(){
let{type}=this,isAsync=this.isAsyncFunction(),isLet=this.isLet();if(tokenIsIdentifier(type)){if(isAsync&&!this.containsEsc||
isLet)return!1;if((type===tokTypes.type||type===tokTypes.interface)&&!this.containsEsc){let ahead=this.lookahead();if(tokenIsIdentifier(
ahead.type)&&!this.isContextualWithState("from",ahead)||ahead.type===tt.braceL)return!1}}else if(!this.match(tt._default))
return!1;let next=this.nextTokenStart(),hasFrom=this.isUnparsedContextual(next,"from");if(this.input.charCodeAt(next)===
44||tokenIsIdentifier(this.type)&&hasFrom)return!0;if(this.match(tt._default)&&hasFrom){let nextAfterFrom=this.input.charCodeAt(
this.nextTokenStartSince(next+4));return nextAfterFrom===34||nextAfterFrom===39}return!1}tsInAmbientContext(cb){let oldIsAmbientContext=this.
isAmbientContext;this.isAmbientContext=!0;try{return cb()}finally{this.isAmbientContext=oldIsAmbientContext}}tsCheckLineTerminator(next){
return next?this.hasFollowingLineBreak()?!1:(this.next(),!0):!this.isLineTerminator()}tsParseModuleOrNamespaceDeclaration(node,nested=!1){
if(node.id=this.parseIdent(),nested||this.checkLValSimple(node.id,acornScope.BIND_TS_NAMESPACE),this.eat(tt.dot)){let inner=this.
startNode();this.tsParseModuleOrNamespaceDeclaration(inner,!0),node.body=inner}else this.enterScope(TS_SCOPE_TS_MODULE),
node.body=this.tsParseModuleBlock(),super.exitScope();return this.finishNode(node,"TSModuleDeclaration")}checkLValSimple(expr,bindingType=acornScope.
BIND_NONE,checkClashes){for(;expr.type==="TSNonNullExpression"||expr.type==="TSAsExpression"||expr.type==="TSSatisfiesEx\
pression"||expr.type==="TSTypeAssertion";)expr=expr.expression;return super.checkLValSimple(expr,bindingType,checkClashes)}isSimpleAssignTarget(expr){
for(;expr.type==="TSNonNullExpression"||expr.type==="TSAsExpression"||expr.type==="TSSatisfiesExpression"||expr.type==="\
TSTypeAssertion";)expr=expr.expression;return super.isSimpleAssignTarget(expr)}tsParseTypeAliasDeclaration(node){node.id=
this.parseIdent(),this.checkLValSimple(node.id,acornScope.BIND_TS_TYPE);let scope=this.currentScope();return this.maybeExportDefined(
scope,node.id.name),node.typeAnnotation=this.tsInType(()=>{if(node.typeParameters=this.tsTryParseTypeParameters(this.tsParseInOutModifiers.
bind(this)),this.expect(tt.eq),this.ts_isContextual(tokTypes.interface)&&this.lookahead().type!==tt.dot){let node2=this.
startNode();return this.next(),this.finishNode(node2,"TSIntrinsicKeyword")}return this.tsParseType()}),this.semicolon(),
this.finishNode(node,"TSTypeAliasDeclaration")}tsParseDeclaration(node,value,next){switch(value){case"abstract":if(this.
tsCheckLineTerminator(next)&&(this.match(tt._class)||tokenIsIdentifier(this.type)))return this.tsParseAbstractDeclaration(
node);break;case"module":if(this.tsCheckLineTerminator(next)){if(this.match(tt.string))return this.tsParseAmbientExternalModuleDeclaration(
node);if(tokenIsIdentifier(this.type))return this.tsParseModuleOrNamespaceDeclaration(node)}break;case"namespace":if(this.
tsCheckLineTerminator(next)&&tokenIsIdentifier(this.type))return this.tsParseModuleOrNamespaceDeclaration(node);break;case"\
type":if(this.tsCheckLineTerminator(next)&&tokenIsIdentifier(this.type))return this.tsParseTypeAliasDeclaration(node);break}}tsTryParseExportDeclaration(){
return this.tsParseDeclaration(this.startNode(),this.value,!0)}tsParseImportEqualsDeclaration(node,isExport){node.isExport=
isExport||!1,node.id=this.parseIdent(),this.checkLValSimple(node.id,acornScope.BIND_LEXICAL),super.expect(tt.eq);let moduleReference=this.
tsParseModuleReference();return node.importKind==="type"&&moduleReference.type!=="TSExternalModuleReference"&&this.raise(
moduleReference.start,TypeScriptError.ImportAliasHasImportType),node.moduleReference=moduleReference,super.semicolon(),this.
finishNode(node,"TSImportEqualsDeclaration")}isExportDefaultSpecifier(){if(this.tsIsDeclarationStart())return!1;let{type}=this;
if(tokenIsIdentifier(type)){if(this.isContextual("async")||this.isContextual("let"))return!1;if((type===tokTypes.type||type===
tokTypes.interface)&&!this.containsEsc){let ahead=this.lookahead();if(tokenIsIdentifier(ahead.type)&&!this.isContextualWithState(
"from",ahead)||ahead.type===tt.braceL)return!1}}else if(!this.match(tt._default))return!1;let next=this.nextTokenStart(),
hasFrom=this.isUnparsedContextual(next,"from");if(this.input.charCodeAt(next)===44||tokenIsIdentifier(this.type)&&hasFrom)
return!0;if(this.match(tt._default)&&hasFrom){let nextAfterFrom=this.input.charCodeAt(this.nextTokenStartSince(next+4));
return nextAfterFrom===34||nextAfterFrom===39}return!1}parseTemplate({isTagged=!1}={}){let node=this.startNode();this.next(),
node.expressions=[];let curElt=this.parseTemplateElement({isTagged});for(node.quasis=[curElt];!curElt.tail;)this.type===
tt.eof&&this.raise(this.pos,"Unterminated template literal"),this.expect(tt.dollarBraceL),node.expressions.push(this.inType?
this.tsParseType():this.parseExpression()),this.expect(tt.braceR),node.quasis.push(curElt=this.parseTemplateElement({isTagged}));
return this.next(),this.finishNode(node,"TemplateLiteral")}parseFunction(node,statement,allowExpressionBody,isAsync,forInit){
this.initFunction(node),(this.ecmaVersion>=9||this.ecmaVersion>=6&&!isAsync)&&(this.type===tt.star&&statement&FUNC_HANGING_STATEMENT&&
this.unexpected(),node.generator=this.eat(tt.star)),this.ecmaVersion>=8&&(node.async=!!isAsync),statement&FUNC_STATEMENT&&
(node.id=statement&FUNC_NULLABLE_ID&&this.type!==tt.name?null:this.parseIdent());let oldYieldPos=this.yieldPos,oldAwaitPos=this.
awaitPos,oldAwaitIdentPos=this.awaitIdentPos,oldMaybeInArrowParameters=this.maybeInArrowParameters;this.maybeInArrowParameters=
!1,this.yieldPos=0,this.awaitPos=0,this.awaitIdentPos=0,this.enterScope(functionFlags(node.async,node.generator)),statement&
FUNC_STATEMENT||(node.id=this.type===tt.name?this.parseIdent():null),this.parseFunctionParams(node);let isDeclaration=statement&
FUNC_STATEMENT;return this.parseFunctionBody(node,allowExpressionBody,!1,forInit,{isFunctionDeclaration:isDeclaration}),
isDeclaration&&this.isAmbientContext&&node.id&&this.currentScope().flags&acornScope.SCOPE_TOP&&this.declareName(node.id.
name,acornScope.BIND_FLAGS_TS_EXPORT_ONLY,node.id.start),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.awaitIdentPos=
oldAwaitIdentPos,statement&FUNC_STATEMENT&&node.id&&!(statement&FUNC_HANGING_STATEMENT)&&(node.body?this.checkLValSimple(
node.id,this.strict||node.generator||node.async?this.treatFunctionsAsVar?acornScope.BIND_VAR:acornScope.BIND_LEXICAL:acornScope.
BIND_FUNCTION):this.checkLValSimple(node.id,acornScope.BIND_NONE)),this.maybeInArrowParameters=oldMaybeInArrowParameters,
this.finishNode(node,isDeclaration?"FunctionDeclaration":"FunctionExpression")}parseFunctionBody(node,isArrowFunction=!1,isMethod=!1,forInit=!1,tsConfig){
this.match(tt.colon)&&(node.returnType=this.tsParseTypeOrTypePredicateAnnotation(tt.colon));let bodilessType=tsConfig?.isFunctionDeclaration?
"TSDeclareFunction":tsConfig?.isClassMethod?"TSDeclareMethod":void 0;return bodilessType&&!this.match(tt.braceL)&&this.isLineTerminator()?
(this.exitScope(),this.finishNode(node,bodilessType)):bodilessType==="TSDeclareFunction"&&this.isAmbientContext&&(this.raise(
node.start,TypeScriptError.DeclareFunctionHasImplementation),node.declare)?(super.parseFunctionBody(node,isArrowFunction,
isMethod,!1),this.finishNode(node,bodilessType)):(super.parseFunctionBody(node,isArrowFunction,isMethod,forInit),node)}parseNew(){
this.containsEsc&&this.raiseRecoverable(this.start,"Escape sequence in keyword new");let node=this.startNode(),meta=this.
parseIdent(!0);if(this.ecmaVersion>=6&&this.eat(tt.dot)){node.meta=meta;let containsEsc=this.containsEsc;return node.property=
this.parseIdent(!0),node.property.name!=="target"&&this.raiseRecoverable(node.property.start,"The only valid meta proper\
ty for new is 'new.target'"),containsEsc&&this.raiseRecoverable(node.start,"'new.target' must not contain escaped charac\
ters"),this.allowNewDotTarget||this.raiseRecoverable(node.start,"'new.target' can only be used in functions and class st\
atic block"),this.finishNode(node,"MetaProperty")}let startPos=this.start,startLoc=this.startLoc,isImport=this.type===tt.
_import;node.callee=this.parseSubscripts(this.parseExprAtom(),startPos,startLoc,!0,!1),isImport&&node.callee.type==="Imp\
ortExpression"&&this.raise(startPos,"Cannot use new with import()");let{callee}=node;return callee.type==="TSInstantiati\
onExpression"&&!callee.extra?.parenthesized&&(node.typeArguments=callee.typeArguments,node.callee=callee.expression),this.
eat(tt.parenL)?node.arguments=this.parseExprList(tt.parenR,this.ecmaVersion>=8,!1):node.arguments=[],this.finishNode(node,
"NewExpression")}parseExprOp(left,leftStartPos,leftStartLoc,minPrec,forInit){if(tt._in.binop>minPrec&&!this.hasPrecedingLineBreak()){
let nodeType;if(this.isContextual("as")&&(nodeType="TSAsExpression"),this.isContextual("satisfies")&&(nodeType="TSSatisf\
iesExpression"),nodeType){let node=this.startNodeAt(leftStartPos,leftStartLoc);node.expression=left;let _const=this.tsTryNextParseConstantContext();
return _const?node.typeAnnotation=_const:node.typeAnnotation=this.tsNextThenParseType(),this.finishNode(node,nodeType),this.
reScan_lt_gt(),this.parseExprOp(node,leftStartPos,leftStartLoc,minPrec,forInit)}}return super.parseExprOp(left,leftStartPos,
leftStartLoc,minPrec,forInit)}parseImportSpecifiers(){let nodes=[],first=!0;if(acornTypeScript.tokenIsIdentifier(this.type)&&
(nodes.push(this.parseImportDefaultSpecifier()),!this.eat(tt.comma)))return nodes;if(this.type===tt.star)return nodes.push(
this.parseImportNamespaceSpecifier()),nodes;for(this.expect(tt.braceL);!this.eat(tt.braceR);){if(first)first=!1;else if(this.
expect(tt.comma),this.afterTrailingComma(tt.braceR))break;nodes.push(this.parseImportSpecifier())}return nodes}parseImport(node){
let enterHead=this.lookahead();if(node.importKind="value",this.importOrExportOuterKind="value",tokenIsIdentifier(enterHead.
type)||this.match(tt.star)||this.match(tt.braceL)){let ahead=this.lookahead(2);if(ahead.type!==tt.comma&&!this.isContextualWithState(
"from",ahead)&&ahead.type!==tt.eq&&this.ts_eatContextualWithState("type",1,enterHead)&&(this.importOrExportOuterKind="ty\
pe",node.importKind="type",enterHead=this.lookahead(),ahead=this.lookahead(2)),tokenIsIdentifier(enterHead.type)&&ahead.
type===tt.eq){this.next();let importNode=this.tsParseImportEqualsDeclaration(node);return this.importOrExportOuterKind="\
value",importNode}}return this.next(),this.type===tt.string?(node.specifiers=[],node.source=this.parseExprAtom()):(node.
specifiers=this.parseImportSpecifiers(),this.expectContextual("from"),node.source=this.type===tt.string?this.parseExprAtom():
this.unexpected()),this.parseMaybeImportAttributes(node),this.semicolon(),this.finishNode(node,"ImportDeclaration"),this.
importOrExportOuterKind="value",node.importKind==="type"&&node.specifiers.length>1&&node.specifiers[0].type==="ImportDef\
aultSpecifier"&&this.raise(node.start,TypeScriptError.TypeImportCannotSpecifyDefaultAndNamed),node}parseExportDefaultDeclaration(){
if(this.isAbstractClass()){let cls=this.startNode();return this.next(),cls.abstract=!0,this.parseClass(cls,!0)}if(this.match(
tokTypes.interface)){let result=this.tsParseInterfaceDeclaration(this.startNode());if(result)return result}return super.
parseExportDefaultDeclaration()}parseExportAllDeclaration(node,exports){return this.ecmaVersion>=11&&(this.eatContextual(
"as")?(node.exported=this.parseModuleExportName(),this.checkExport(exports,node.exported,this.lastTokStart)):node.exported=
null),this.expectContextual("from"),this.type!==tt.string&&this.unexpected(),node.source=this.parseExprAtom(),this.parseMaybeImportAttributes(
node),this.semicolon(),this.finishNode(node,"ExportAllDeclaration")}parseDynamicImport(node){if(this.next(),node.source=
this.parseMaybeAssign(),this.eat(tt.comma)){let expr=this.parseExpression();node.arguments=[expr]}if(!this.eat(tt.parenR)){
let errorPos=this.start;this.eat(tt.comma)&&this.eat(tt.parenR)?this.raiseRecoverable(errorPos,"Trailing comma is not al\
lowed in import()"):this.unexpected(errorPos)}return this.finishNode(node,"ImportExpression")}parseExport(node,exports){
let enterHead=this.lookahead();if(this.ts_eatWithState(tt._import,2,enterHead)){this.ts_isContextual(tokTypes.type)&&this.
lookaheadCharCode()!==61?(node.importKind="type",this.importOrExportOuterKind="type",this.next()):(node.importKind="valu\
e",this.importOrExportOuterKind="value");let exportEqualsNode=this.tsParseImportEqualsDeclaration(node,!0);return this.importOrExportOuterKind=
void 0,exportEqualsNode}else if(this.ts_eatWithState(tt.eq,2,enterHead)){let assign=node;return assign.expression=this.parseExpression(),
this.semicolon(),this.importOrExportOuterKind=void 0,this.finishNode(assign,"TSExportAssignment")}else if(this.ts_eatContextualWithState(
"as",2,enterHead)){let decl=node;return this.expectContextual("namespace"),decl.id=this.parseIdent(),this.semicolon(),this.
importOrExportOuterKind=void 0,this.finishNode(decl,"TSNamespaceExportDeclaration")}else{let lookahead2=this.lookahead(2).
type;if(this.ts_isContextualWithState(enterHead,tokTypes.type)&&(lookahead2===tt.braceL||lookahead2===tt.star)?(this.next(),
this.importOrExportOuterKind="type",node.exportKind="type"):(this.importOrExportOuterKind="value",node.exportKind="value"),
this.next(),this.eat(tt.star))return this.parseExportAllDeclaration(node,exports);if(this.eat(tt._default))return this.checkExport(
exports,"default",this.lastTokStart),node.declaration=this.parseExportDefaultDeclaration(),this.finishNode(node,"ExportD\
efaultDeclaration");if(this.shouldParseExportStatement())node.declaration=this.parseExportDeclaration(node),node.declaration.
type==="VariableDeclaration"?this.checkVariableExport(exports,node.declaration.declarations):this.checkExport(exports,node.
declaration.id,node.declaration.id.start),node.specifiers=[],node.source=null;else{if(node.declaration=null,node.specifiers=
this.parseExportSpecifiers(exports),this.eatContextual("from"))this.type!==tt.string&&this.unexpected(),node.source=this.
parseExprAtom(),this.parseMaybeImportAttributes(node);else{for(let spec of node.specifiers)this.checkUnreserved(spec.local),
this.checkLocalExport(spec.local),spec.local.type==="Literal"&&this.raise(spec.local.start,"A string literal cannot be u\
sed as an exported binding without `from`.");node.source=null}this.semicolon()}return this.finishNode(node,"ExportNamedD\
eclaration")}}checkExport(exports,name,_){exports&&(typeof name!="string"&&(name=name.type==="Identifier"?name.name:name.
value),exports[name]=!0)}parseMaybeDefault(startPos,startLoc,left){let node=super.parseMaybeDefault(startPos,startLoc,left);
return node.type==="AssignmentPattern"&&node.typeAnnotation&&node.right.start<node.typeAnnotation.start&&this.raise(node.
typeAnnotation.start,TypeScriptError.TypeAnnotationAfterAssign),node}typeCastToParameter(node){return node.expression.typeAnnotation=
node.typeAnnotation,this.resetEndLocation(node.expression,node.typeAnnotation.end,node.typeAnnotation.loc?.end),node.expression}toAssignableList(exprList,isBinding){
exprList||(exprList=[]);for(let i=0;i<exprList.length;i++){let expr=exprList[i];expr?.type==="TSTypeCastExpression"&&(exprList[i]=
this.typeCastToParameter(expr))}return super.toAssignableList(exprList,isBinding)}reportReservedArrowTypeParam(node){node.
params.length===1&&!node.extra?.trailingComma&&disallowAmbiguousJSXLike&&this.raise(node.start,TypeScriptError.ReservedArrowTypeParam)}parseExprAtom(refDestructuringErrors,forInit,forNew){
if(this.type===tokTypes.jsxText)return this.jsx_parseText();if(this.type===tokTypes.jsxTagStart)return this.jsx_parseElement();
if(this.type===tokTypes.at)return this.parseDecorators(),this.parseExprAtom();if(tokenIsIdentifier(this.type)){let canBeArrow=this.
potentialArrowAt===this.start,startPos=this.start,startLoc=this.startLoc,containsEsc=this.containsEsc,id=this.parseIdent(
!1);if(this.ecmaVersion>=8&&!containsEsc&&id.name==="async"&&!this.canInsertSemicolon()&&this.eat(tt._function))return this.
overrideContext(tokContexts.f_expr),this.parseFunction(this.startNodeAt(startPos,startLoc),0,!1,!0,forInit);if(canBeArrow&&
!this.canInsertSemicolon()){if(this.eat(tt.arrow))return this.parseArrowExpression(this.startNodeAt(startPos,startLoc),[
id],!1,forInit);if(this.ecmaVersion>=8&&id.name==="async"&&this.type===tt.name&&!containsEsc&&(!this.potentialArrowInForAwait||
this.value!=="of"||this.containsEsc))return id=this.parseIdent(!1),(this.canInsertSemicolon()||!this.eat(tt.arrow))&&this.
unexpected(),this.parseArrowExpression(this.startNodeAt(startPos,startLoc),[id],!0,forInit)}return id}else return super.
parseExprAtom(refDestructuringErrors,forInit,forNew)}parseExprAtomDefault(){if(tokenIsIdentifier(this.type)){let canBeArrow=this.
potentialArrowAt===this.start,containsEsc=this.containsEsc,id=this.parseIdent();if(!containsEsc&&id.name==="async"&&!this.
canInsertSemicolon()){let{type}=this;if(type===tt._function)return this.next(),this.parseFunction(this.startNodeAtNode(id),
void 0,!0,!0);if(tokenIsIdentifier(type))if(this.lookaheadCharCode()===61){let paramId=this.parseIdent(!1);return(this.canInsertSemicolon()||
!this.eat(tt.arrow))&&this.unexpected(),this.parseArrowExpression(this.startNodeAtNode(id),[paramId],!0)}else return id}
return canBeArrow&&this.match(tt.arrow)&&!this.canInsertSemicolon()?(this.next(),this.parseArrowExpression(this.startNodeAtNode(
id),[id],!1)):id}else this.unexpected()}parseIdentNode(){let node=this.startNode();if(tokenIsKeywordOrIdentifier(this.type)&&
!((this.type.keyword==="class"||this.type.keyword==="function")&&(this.lastTokEnd!==this.lastTokStart+1||this.input.charCodeAt(
this.lastTokStart)!==46)))node.name=this.value;else return super.parseIdentNode();return node}parseVarStatement(node,kind,allowMissingInitializer=!1){
let{isAmbientContext}=this;this.next(),super.parseVar(node,!1,kind,allowMissingInitializer||isAmbientContext),this.semicolon();
let declaration=this.finishNode(node,"VariableDeclaration");if(!isAmbientContext)return declaration;for(let{id,init}of declaration.
declarations)init&&(kind!=="const"||id.typeAnnotation?this.raise(init.start,TypeScriptError.InitializerNotAllowedInAmbientContext):
init.type!=="Literal"&&(init.type!=="TemplateLiteral"||init.expressions.length>0)&&!isAmbientNumericUnaryExpression(init)&&
!isPossiblyLiteralEnum(init)&&this.raise(init.start,TypeScriptError.ConstInitiailizerMustBeStringOrNumericLiteralOrLiteralEnumReference));
return declaration}parseStatement(context,topLevel,exports){if(this.match(tokTypes.at)&&this.parseDecorators(!0),this.match(
tt._const)&&this.isLookaheadContextual("enum")){let node=this.startNode();return this.expect(tt._const),this.tsParseEnumDeclaration(
node,{const:!0})}if(this.ts_isContextual(tokTypes.enum))return this.tsParseEnumDeclaration(this.startNode());if(this.ts_isContextual(
tokTypes.interface)){let result=this.tsParseInterfaceDeclaration(this.startNode());if(result)return result}return super.
parseStatement(context,topLevel,exports)}parseAccessModifier(){return this.tsParseModifier(["public","protected","privat\
e"])}parsePostMemberNameModifiers(methodOrProp){this.eat(tt.question)&&(methodOrProp.optional=!0),methodOrProp.readonly&&
this.match(tt.parenL)&&this.raise(methodOrProp.start,TypeScriptError.ClassMethodHasReadonly),methodOrProp.declare&&this.
match(tt.parenL)&&this.raise(methodOrProp.start,TypeScriptError.ClassMethodHasDeclare)}parseExpressionStatement(node,expr){
return(expr.type==="Identifier"?this.tsParseExpressionStatement(node,expr):void 0)||super.parseExpressionStatement(node,
expr)}shouldParseExportStatement(){return this.tsIsDeclarationStart()||this.match(tokTypes.at)?!0:super.shouldParseExportStatement()}parseConditional(expr,startPos,startLoc,forInit,refDestructuringErrors){
if(this.eat(tt.question)){let node=this.startNodeAt(startPos,startLoc);return node.test=expr,node.consequent=this.parseMaybeAssign(),
this.expect(tt.colon),node.alternate=this.parseMaybeAssign(forInit),this.finishNode(node,"ConditionalExpression")}return expr}parseMaybeConditional(forInit,refDestructuringErrors){
let startPos=this.start,startLoc=this.startLoc,expr=this.parseExprOps(forInit,refDestructuringErrors);if(this.checkExpressionErrors(
refDestructuringErrors))return expr;if(!this.maybeInArrowParameters||!this.match(tt.question))return this.parseConditional(
expr,startPos,startLoc,forInit,refDestructuringErrors);let result=this.tryParse(()=>this.parseConditional(expr,startPos,
startLoc,forInit,refDestructuringErrors));return result.node?result.node:(result.error&&this.setOptionalParametersError(
refDestructuringErrors,result.error),expr)}parseParenItem(node){let startPos=this.start,startLoc=this.startLoc;if(node=super.
parseParenItem(node),this.eat(tt.question)&&(node.optional=!0,this.resetEndLocation(node)),this.match(tt.colon)){let typeCastNode=this.
startNodeAt(startPos,startLoc);return typeCastNode.expression=node,typeCastNode.typeAnnotation=this.tsParseTypeAnnotation(),
this.finishNode(typeCastNode,"TSTypeCastExpression")}return node}parseExportDeclaration(node){if(!this.isAmbientContext&&
this.ts_isContextual(tokTypes.declare))return this.tsInAmbientContext(()=>this.parseExportDeclaration(node));let startPos=this.
start,startLoc=this.startLoc,isDeclare=this.eatContextual("declare");isDeclare&&(this.ts_isContextual(tokTypes.declare)||
!this.shouldParseExportStatement())&&this.raise(this.start,TypeScriptError.ExpectedAmbientAfterExportDeclare);let declaration=tokenIsIdentifier(
this.type)&&this.tsTryParseExportDeclaration()||this.parseStatement(null);return declaration?((declaration.type==="TSInt\
erfaceDeclaration"||declaration.type==="TSTypeAliasDeclaration"||isDeclare)&&(node.exportKind="type"),isDeclare&&(this.resetStartLocation(
declaration,startPos,startLoc),declaration.declare=!0),declaration):null}parseClassId(node,isStatement){if(!isStatement&&
this.isContextual("implements"))return;super.parseClassId(node,isStatement);let typeParameters=this.tsTryParseTypeParameters(
this.tsParseClassTypeParameterModifiers.bind(this));typeParameters&&(node.typeParameters=typeParameters)}parseClassPropertyAnnotation(node){
node.optional||(this.value==="!"&&this.eat(tt.prefix)?node.definite=!0:this.eat(tt.question)&&(node.optional=!0));let type=this.
tsTryParseTypeAnnotation();type&&(node.typeAnnotation=type)}parseClassField(field){if(field.key.type==="PrivateIdentifie\
r")field.abstract&&this.raise(field.start,TypeScriptError.PrivateElementHasAbstract),field.accessibility&&this.raise(field.
start,TypeScriptError.PrivateElementHasAccessibility({modifier:field.accessibility})),this.parseClassPropertyAnnotation(
field);else if(this.parseClassPropertyAnnotation(field),this.isAmbientContext&&!(field.readonly&&!field.typeAnnotation)&&
this.match(tt.eq)&&this.raise(this.start,TypeScriptError.DeclareClassFieldHasInitializer),field.abstract&&this.match(tt.
eq)){let{key}=field;this.raise(this.start,TypeScriptError.AbstractPropertyHasInitializer({propertyName:key.type==="Ident\
ifier"&&!field.computed?key.name:`[${this.input.slice(key.start,key.end)}]`}))}return super.parseClassField(field)}parseClassMethod(method,isGenerator,isAsync,allowsDirectSuper){
let isConstructor=method.kind==="constructor",isPrivate=method.key.type==="PrivateIdentifier",typeParameters=this.tsTryParseTypeParameters(
this.tsParseConstModifier);isPrivate?(typeParameters&&(method.typeParameters=typeParameters),method.accessibility&&this.
raise(method.start,TypeScriptError.PrivateMethodsHasAccessibility({modifier:method.accessibility}))):typeParameters&&isConstructor&&
this.raise(typeParameters.start,TypeScriptError.ConstructorHasTypeParameters);let{declare=!1,kind}=method;declare&&(kind===
"get"||kind==="set")&&this.raise(method.start,TypeScriptError.DeclareAccessor({kind})),typeParameters&&(method.typeParameters=
typeParameters);let key=method.key;method.kind==="constructor"?(isGenerator&&this.raise(key.start,"Constructor can't be \
a generator"),isAsync&&this.raise(key.start,"Constructor can't be an async method")):method.static&&checkKeyName(method,
"prototype")&&this.raise(key.start,"Classes may not have a static property named prototype");let value=method.value=this.
parseMethod(isGenerator,isAsync,allowsDirectSuper,!0,method);return method.kind==="get"&&value.params.length!==0&&this.raiseRecoverable(
value.start,"getter should have no params"),method.kind==="set"&&value.params.length!==1&&this.raiseRecoverable(value.start,
"setter should have exactly one param"),method.kind==="set"&&value.params[0].type==="RestElement"&&this.raiseRecoverable(
value.params[0].start,"Setter cannot use rest params"),this.finishNode(method,"MethodDefinition")}isClassMethod(){return this.
match(tt.relational)}parseClassElement(constructorAllowsSuper){if(this.eat(tt.semi))return null;let node=this.startNode(),
keyName="",isGenerator=!1,isAsync=!1,kind="method",isStatic=!1,modifiers=["declare","private","public","protected","acce\
ssor","override","abstract","readonly","static"];isStatic=!!this.tsParseModifiers({modified:node,allowedModifiers:modifiers,
disallowedModifiers:["in","out"],stopOnStartOfClassStaticBlock:!0,errorTemplate:TypeScriptError.InvalidModifierOnTypeParameterPositions}).
static;let callParseClassMemberWithIsStatic=()=>{if(this.tsIsStartOfStaticBlocks()){if(this.next(),this.next(),this.tsHasSomeModifiers(
node,modifiers)&&this.raise(this.start,TypeScriptError.StaticBlockCannotHaveModifier),this.ecmaVersion>=13)return super.
parseClassStaticBlock(node),node}else{let idx=this.tsTryParseIndexSignature(node);if(idx)return node.abstract&&this.raise(
node.start,TypeScriptError.IndexSignatureHasAbstract),node.accessibility&&this.raise(node.start,TypeScriptError.IndexSignatureHasAccessibility(
{modifier:node.accessibility})),node.declare&&this.raise(node.start,TypeScriptError.IndexSignatureHasDeclare),node.override&&
this.raise(node.start,TypeScriptError.IndexSignatureHasOverride),idx;if(!this.inAbstractClass&&node.abstract&&this.raise(
node.start,TypeScriptError.NonAbstractClassHasAbstractMethod),node.override&&(constructorAllowsSuper||this.raise(node.start,
TypeScriptError.OverrideNotInSubClass)),node.static=isStatic,isStatic&&(this.isClassElementNameStart()||this.type===tt.star||
(keyName="static")),!keyName&&this.ecmaVersion>=8&&this.eatContextual("async")&&((this.isClassElementNameStart()||this.type===
tt.star)&&!this.canInsertSemicolon()?isAsync=!0:keyName="async"),!keyName&&(this.ecmaVersion>=9||!isAsync)&&this.eat(tt.
star)&&(isGenerator=!0),!keyName&&!isAsync&&!isGenerator){let lastValue=this.value;(this.eatContextual("get")||this.eatContextual(
"set"))&&(this.isClassElementNameStart()?kind=lastValue:keyName=lastValue)}if(keyName?(node.computed=!1,node.key=this.startNodeAt(
this.lastTokStart,this.lastTokStartLoc),node.key.name=keyName,this.finishNode(node.key,"Identifier")):this.parseClassElementName(
node),this.parsePostMemberNameModifiers(node),this.isClassMethod()||this.ecmaVersion<13||this.type===tt.parenL||kind!=="\
method"||isGenerator||isAsync){let isConstructor=!node.static&&checkKeyName(node,"constructor"),allowsDirectSuper=isConstructor&&
constructorAllowsSuper;isConstructor&&kind!=="method"&&this.raise(node.key.start,"Constructor can't have get/set modifie\
r"),node.kind=isConstructor?"constructor":kind,this.parseClassMethod(node,isGenerator,isAsync,allowsDirectSuper)}else this.
parseClassField(node);return node}};return node.declare?this.tsInAmbientContext(callParseClassMemberWithIsStatic):callParseClassMemberWithIsStatic(),
node}isClassElementNameStart(){return this.tsIsIdentifier()?!0:super.isClassElementNameStart()}parseClassSuper(node){super.
parseClassSuper(node),node.superClass&&(this.tsMatchLeftRelational()||this.match(tt.bitShift))&&(node.superTypeParameters=
this.tsParseTypeArgumentsInExpression()),this.eatContextual("implements")&&(node.implements=this.tsParseHeritageClause("\
implements"))}parseFunctionParams(node){let typeParameters=this.tsTryParseTypeParameters(this.tsParseConstModifier);typeParameters&&
(node.typeParameters=typeParameters),super.parseFunctionParams(node)}parseVarId(decl,kind){super.parseVarId(decl,kind),decl.
id.type==="Identifier"&&!this.hasPrecedingLineBreak()&&this.value==="!"&&this.eat(tt.prefix)&&(decl.definite=!0);let type=this.
tsTryParseTypeAnnotation();type&&(decl.id.typeAnnotation=type,this.resetEndLocation(decl.id))}parseArrowExpression(node,params,isAsync,forInit){
this.match(tt.colon)&&(node.returnType=this.tsParseTypeAnnotation());let oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,
oldAwaitIdentPos=this.awaitIdentPos;this.enterScope(functionFlags(isAsync,!1)|acornScope.SCOPE_ARROW),this.initFunction(
node);let oldMaybeInArrowParameters=this.maybeInArrowParameters;return this.ecmaVersion>=8&&(node.async=!!isAsync),this.
yieldPos=0,this.awaitPos=0,this.awaitIdentPos=0,this.maybeInArrowParameters=!0,node.params=this.toAssignableList(params,
!0),this.maybeInArrowParameters=!1,this.parseFunctionBody(node,!0,!1,forInit),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,
this.awaitIdentPos=oldAwaitIdentPos,this.maybeInArrowParameters=oldMaybeInArrowParameters,this.finishNode(node,"ArrowFun\
ctionExpression")}parseYield(forInit){this.yieldPos||(this.yieldPos=this.start);let node=this.startNode();this.next();let startsTypeScriptExpression=this.
tsMatchLeftRelational();return!this.match(tt.semi)&&!this.canInsertSemicolon()&&(this.match(tt.star)||this.type.startsExpr||
startsTypeScriptExpression)?(node.delegate=this.eat(tt.star),node.argument=this.parseMaybeAssign(forInit),this.finishNode(
node,"YieldExpression")):(node.delegate=!1,node.argument=null,this.finishNode(node,"YieldExpression"))}parseMaybeAssignOrigin(forInit,refDestructuringErrors,afterLeftParse){
if(this.isContextual("yield")){if(this.inGenerator)return this.parseYield(forInit);this.exprAllowed=!1}let ownDestructuringErrors=!1,
oldParenAssign=-1,oldTrailingComma=-1,oldDoubleProto=-1;refDestructuringErrors?(oldParenAssign=refDestructuringErrors.parenthesizedAssign,
oldTrailingComma=refDestructuringErrors.trailingComma,oldDoubleProto=refDestructuringErrors.doubleProto,refDestructuringErrors.
parenthesizedAssign=refDestructuringErrors.trailingComma=-1):(refDestructuringErrors=new DestructuringErrors,ownDestructuringErrors=
!0);let startPos=this.start,startLoc=this.startLoc;(this.type===tt.parenL||tokenIsIdentifier(this.type))&&(this.potentialArrowAt=
this.start,this.potentialArrowInForAwait=forInit==="await");let left=this.parseMaybeConditional(forInit,refDestructuringErrors);
if(afterLeftParse&&(left=afterLeftParse.call(this,left,startPos,startLoc)),this.type.isAssign){let node=this.startNodeAt(
startPos,startLoc);return node.operator=this.value,this.type===tt.eq&&(left=this.toAssignable(left,!0,refDestructuringErrors,
!0)),ownDestructuringErrors||(refDestructuringErrors.parenthesizedAssign=refDestructuringErrors.trailingComma=refDestructuringErrors.
doubleProto=-1),refDestructuringErrors.shorthandAssign>=left.start&&(refDestructuringErrors.shorthandAssign=-1),this.maybeInArrowParameters||
(this.type===tt.eq?this.checkLValPattern(left):this.checkLValSimple(left)),node.left=left,this.next(),node.right=this.parseMaybeAssign(
forInit),oldDoubleProto>-1&&(refDestructuringErrors.doubleProto=oldDoubleProto),this.finishNode(node,"AssignmentExpressi\
on")}else ownDestructuringErrors&&this.checkExpressionErrors(refDestructuringErrors,!0);return oldParenAssign>-1&&(refDestructuringErrors.
parenthesizedAssign=oldParenAssign),oldTrailingComma>-1&&(refDestructuringErrors.trailingComma=oldTrailingComma),left}parseMaybeAssign(forInit,refExpressionErrors,afterLeftParse){
let jsx,typeCast;if(options?.jsx&&(this.matchJsx("jsxTagStart")||this.tsMatchLeftRelational())){if(jsx=this.tryParse(()=>this.
parseMaybeAssignOrigin(forInit,refExpressionErrors,afterLeftParse)),!jsx.error)return jsx.node;let context=this.context,
currentContext=context[context.length-1],lastCurrentContext=context[context.length-2];currentContext===acornTypeScript.tokContexts.
tc_oTag&&lastCurrentContext===acornTypeScript.tokContexts.tc_expr?(this.parseEffects.pop(context),this.parseEffects.pop(
context)):(currentContext===acornTypeScript.tokContexts.tc_oTag||currentContext===acornTypeScript.tokContexts.tc_expr)&&
this.parseEffects.pop(context)}if(!jsx?.error&&!this.tsMatchLeftRelational())return this.parseMaybeAssignOrigin(forInit,
refExpressionErrors,afterLeftParse);let typeParameters,arrow=this.tryParse(abort=>{typeParameters=this.tsParseTypeParameters(
this.tsParseConstModifier);let expr=this.parseMaybeAssignOrigin(forInit,refExpressionErrors,afterLeftParse);return(expr.
type!=="ArrowFunctionExpression"||expr.extra?.parenthesized)&&abort(),typeParameters?.params.length!==0&&this.resetStartLocationFromNode(
expr,typeParameters),expr.typeParameters=typeParameters,expr});if(!arrow.error&&!arrow.aborted)return typeParameters&&this.
reportReservedArrowTypeParam(typeParameters),arrow.node;if(!jsx&&(assert(!0),typeCast=this.tryParse(()=>this.parseMaybeAssignOrigin(
forInit,refExpressionErrors,afterLeftParse)),!typeCast.error))return typeCast.node;throw jsx?.thrown?(this.selectTryParseResult(
jsx),jsx.error):arrow.thrown?(this.selectTryParseResult(arrow),arrow.error):typeCast?.thrown?(this.selectTryParseResult(
typeCast),typeCast.error):jsx?.error||arrow.error||typeCast?.error}parseAssignableListItem(allowModifiers){let decorators=[];
for(;this.match(tokTypes.at);)decorators.push(this.parseDecorator());let startPos=this.start,startLoc=this.startLoc,accessibility,
readonly=!1,override=!1;if(allowModifiers!==void 0){let modified={};this.tsParseModifiers({modified,allowedModifiers:["p\
ublic","private","protected","override","readonly"]}),accessibility=modified.accessibility,override=modified.override,readonly=
modified.readonly,allowModifiers===!1&&(accessibility||readonly||override)&&this.raise(startLoc.column,TypeScriptError.UnexpectedParameterModifier)}
let left=this.parseMaybeDefault(startPos,startLoc);this.parseBindingListItem(left);let elt=this.parseMaybeDefault(left.start,
left.loc.start,left);if(decorators.length&&(elt.decorators=decorators),accessibility||readonly||override){let pp=this.startNodeAt(
startPos,startLoc);return accessibility&&(pp.accessibility=accessibility),readonly&&(pp.readonly=readonly),override&&(pp.
override=override),elt.type!=="Identifier"&&elt.type!=="AssignmentPattern"&&this.raise(pp.start,TypeScriptError.UnsupportedParameterPropertyKind),
pp.parameter=elt,this.finishNode(pp,"TSParameterProperty")}return elt}checkLValInnerPattern(expr,bindingType=acornScope.
BIND_NONE,checkClashes){expr.type==="TSParameterProperty"?this.checkLValInnerPattern(expr.parameter,bindingType,checkClashes):
super.checkLValInnerPattern(expr,bindingType,checkClashes)}parseBindingListItem(param){this.eat(tt.question)&&(param.type!==
"Identifier"&&!this.isAmbientContext&&!this.inType&&this.raise(param.start,TypeScriptError.PatternIsOptional),param.optional=
!0);let type=this.tsTryParseTypeAnnotation();return type&&(param.typeAnnotation=type),this.resetEndLocation(param),param}isAssignable(node,isBinding){
switch(node.type){case"TSTypeCastExpression":return this.isAssignable(node.expression,isBinding);case"TSParameterPropert\
y":return!0;case"Identifier":case"ObjectPattern":case"ArrayPattern":case"AssignmentPattern":case"RestElement":return!0;case"\
ObjectExpression":{let last=node.properties.length-1;return node.properties.every((prop,i)=>prop.type!=="ObjectMethod"&&
(i===last||prop.type!=="SpreadElement")&&this.isAssignable(prop))}case"Property":case"ObjectProperty":return this.isAssignable(
node.value);case"SpreadElement":return this.isAssignable(node.argument);case"ArrayExpression":return node.elements.every(
element=>element===null||this.isAssignable(element));case"AssignmentExpression":return node.operator==="=";case"Parenthe\
sizedExpression":return this.isAssignable(node.expression);case"MemberExpression":case"OptionalMemberExpression":return!isBinding;default:
return!1}}toAssignable(node,isBinding=!1,refDestructuringErrors=new DestructuringErrors,preserveTypeScriptWrapper=!1){switch(node.
type){case"ParenthesizedExpression":return this.toAssignableParenthesizedExpression(node,isBinding,refDestructuringErrors,
preserveTypeScriptWrapper);case"TSAsExpression":case"TSSatisfiesExpression":case"TSNonNullExpression":case"TSTypeAsserti\
on":isBinding||this.raise(node.start,TypeScriptError.UnexpectedTypeCastInParameter);let expression=this.toAssignable(node.
expression,isBinding,refDestructuringErrors,preserveTypeScriptWrapper);return preserveTypeScriptWrapper?(node.expression=
expression,node):expression;case"MemberExpression":break;case"AssignmentExpression":return!isBinding&&node.left.type==="\
TSTypeCastExpression"&&(node.left=this.typeCastToParameter(node.left)),super.toAssignable(node,isBinding,refDestructuringErrors);case"\
TSTypeCastExpression":return this.typeCastToParameter(node);default:return super.toAssignable(node,isBinding,refDestructuringErrors)}
return node}toAssignableParenthesizedExpression(node,isBinding,refDestructuringErrors,preserveTypeScriptWrapper=!1){switch(node.
expression.type){case"TSAsExpression":case"TSSatisfiesExpression":case"TSNonNullExpression":case"TSTypeAssertion":case"P\
arenthesizedExpression":let expression=this.toAssignable(node.expression,isBinding,refDestructuringErrors,preserveTypeScriptWrapper);
return preserveTypeScriptWrapper?(node.expression=expression,node):expression;default:return super.toAssignable(node,isBinding,
refDestructuringErrors)}}parseBindingAtom(){return this.type===tt._this?this.parseIdent(!0):super.parseBindingAtom()}shouldParseArrow(exprList){
let shouldParseArrowRes;if(this.match(tt.colon)?shouldParseArrowRes=exprList.every(expr=>this.isAssignable(expr,!0)):shouldParseArrowRes=
!this.canInsertSemicolon(),shouldParseArrowRes){if(this.match(tt.colon)){let result=this.tryParse(abort=>{let returnType=this.
tsParseTypeOrTypePredicateAnnotation(tt.colon);return(this.canInsertSemicolon()||!this.match(tt.arrow))&&abort(),returnType});
if(result.aborted)return this.shouldParseArrowReturnType=void 0,!1;result.thrown||(this.shouldParseArrowReturnType=result.
node)}return this.match(tt.arrow)?!0:(this.shouldParseArrowReturnType=void 0,!1)}return this.shouldParseArrowReturnType=
void 0,shouldParseArrowRes}parseParenArrowList(startPos,startLoc,exprList,forInit){let node=this.startNodeAt(startPos,startLoc);
return node.returnType=this.shouldParseArrowReturnType,this.shouldParseArrowReturnType=void 0,this.parseArrowExpression(
node,exprList,!1,forInit)}parseParenAndDistinguishExpression(canBeArrow,forInit){let startPos=this.start,startLoc=this.startLoc,
val,allowTrailingComma=this.ecmaVersion>=8;if(this.ecmaVersion>=6){let oldMaybeInArrowParameters=this.maybeInArrowParameters;
this.maybeInArrowParameters=!0,this.next();let innerStartPos=this.start,innerStartLoc=this.startLoc,exprList=[],first=!0,
lastIsComma=!1,refDestructuringErrors=new DestructuringErrors,oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,spreadStart;
for(this.yieldPos=0,this.awaitPos=0;this.type!==tt.parenR;)if(first?first=!1:this.expect(tt.comma),allowTrailingComma&&this.
afterTrailingComma(tt.parenR,!0)){lastIsComma=!0;break}else if(this.type===tt.ellipsis){spreadStart=this.start,exprList.
push(this.parseParenItem(this.parseRestBinding())),this.type===tt.comma&&this.raise(this.start,"Comma is not permitted a\
fter the rest element");break}else exprList.push(this.parseMaybeAssign(!1,refDestructuringErrors,this.parseParenItem));let innerEndPos=this.
lastTokEnd,innerEndLoc=this.lastTokEndLoc;if(this.expect(tt.parenR),this.maybeInArrowParameters=oldMaybeInArrowParameters,
canBeArrow&&this.shouldParseArrow(exprList)&&this.eat(tt.arrow))return this.checkPatternErrors(refDestructuringErrors,!1),
this.checkYieldAwaitInDefaultParams(),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.parseParenArrowList(startPos,
startLoc,exprList,forInit);(!exprList.length||lastIsComma)&&this.unexpected(this.lastTokStart),spreadStart&&this.unexpected(
spreadStart),this.checkExpressionErrors(refDestructuringErrors,!0),this.yieldPos=oldYieldPos||this.yieldPos,this.awaitPos=
oldAwaitPos||this.awaitPos,exprList.length>1?(val=this.startNodeAt(innerStartPos,innerStartLoc),val.expressions=exprList,
this.finishNodeAt(val,"SequenceExpression",innerEndPos,innerEndLoc)):val=exprList[0]}else val=this.parseParenExpression();
if(this.options.preserveParens){let par=this.startNodeAt(startPos,startLoc);return par.expression=val,this.finishNode(par,
"ParenthesizedExpression")}else return val}parseTaggedTemplateExpression(base,startPos,startLoc,optionalChainMember){let node=this.
startNodeAt(startPos,startLoc);return node.tag=base,node.quasi=this.parseTemplate({isTagged:!0}),optionalChainMember&&this.
raise(startPos,"Tagged Template Literals are not allowed in optionalChain."),this.finishNode(node,"TaggedTemplateExpress\
ion")}shouldParseAsyncArrow(){if(this.match(tt.colon)){let result=this.tryParse(abort=>{let returnType=this.tsParseTypeOrTypePredicateAnnotation(
tt.colon);return(this.canInsertSemicolon()||!this.match(tt.arrow))&&abort(),returnType});if(result.aborted)return this.shouldParseAsyncArrowReturnType=
void 0,!1;if(!result.thrown)return this.shouldParseAsyncArrowReturnType=result.node,!this.canInsertSemicolon()&&this.eat(
tt.arrow)}else return!this.canInsertSemicolon()&&this.eat(tt.arrow)}parseSubscriptAsyncArrow(startPos,startLoc,exprList,forInit){
let arrN=this.startNodeAt(startPos,startLoc);return arrN.returnType=this.shouldParseAsyncArrowReturnType,this.shouldParseAsyncArrowReturnType=
void 0,this.parseArrowExpression(arrN,exprList,!0,forInit)}parseExprList(close,allowTrailingComma,allowEmpty,refDestructuringErrors){
let elts=[],first=!0;for(;!this.eat(close);){if(first)first=!1;else if(this.expect(tt.comma),allowTrailingComma&&this.afterTrailingComma(
close))break;let elt;allowEmpty&&this.type===tt.comma?elt=null:this.type===tt.ellipsis?(elt=this.parseSpread(refDestructuringErrors),
this.maybeInArrowParameters&&this.match(tt.colon)&&(elt.typeAnnotation=this.tsParseTypeAnnotation()),refDestructuringErrors&&
this.type===tt.comma&&refDestructuringErrors.trailingComma<0&&(refDestructuringErrors.trailingComma=this.start)):elt=this.
parseMaybeAssign(!1,refDestructuringErrors,this.parseParenItem),elts.push(elt)}return elts}parseMaybeDecoratorArguments(expr){
let typeArguments=this.tsMatchLeftRelational()||this.match(tt.bitShift)?this.tsParseTypeArgumentsInExpression():void 0;if(this.
eat(tt.parenL)){let node=this.startNodeAtNode(expr);return node.callee=expr,node.arguments=this.parseExprList(tt.parenR,
!1),typeArguments&&(node.typeArguments=typeArguments),this.finishNode(node,"CallExpression")}if(typeArguments){let node=this.
startNodeAtNode(expr);return node.expression=expr,node.typeArguments=typeArguments,this.finishNode(node,"TSInstantiation\
Expression")}return expr}parseSubscript(base,startPos,startLoc,noCalls,maybeAsyncArrow,optionalChained,forInit){let _optionalChained=optionalChained;
if(!this.hasPrecedingLineBreak()&&this.value==="!"&&this.match(tt.prefix)){this.exprAllowed=!1,this.next();let nonNullExpression=this.
startNodeAt(startPos,startLoc);return nonNullExpression.expression=base,base=this.finishNode(nonNullExpression,"TSNonNul\
lExpression"),base}let isOptionalCall=!1;if(this.match(tt.questionDot)&&this.lookaheadCharCode()===60){if(noCalls)return base;
base.optional=!0,_optionalChained=isOptionalCall=!0,this.next()}if(this.tsMatchLeftRelational()||this.match(tt.bitShift)){
let missingParenErrorLoc,result=this.tsTryParseAndCatch(()=>{if(!noCalls&&this.atPossibleAsyncArrow(base)){let asyncArrowFn=this.
tsTryParseGenericAsyncArrowFunction(startPos,startLoc,forInit);if(asyncArrowFn)return base=asyncArrowFn,base}let typeArguments=this.
tsParseTypeArgumentsInExpression();if(!typeArguments)return base;if(isOptionalCall&&!this.match(tt.parenL))return missingParenErrorLoc=
this.curPosition(),base;if(tokenIsTemplate(this.type)||this.type===tt.backQuote){let result2=this.parseTaggedTemplateExpression(
base,startPos,startLoc,_optionalChained);return result2.typeArguments=typeArguments,result2}if(!noCalls&&this.eat(tt.parenL)){
let refDestructuringErrors=new DestructuringErrors,node2=this.startNodeAt(startPos,startLoc);return node2.callee=base,node2.
arguments=this.parseExprList(tt.parenR,this.ecmaVersion>=8,!1,refDestructuringErrors),this.tsCheckForInvalidTypeCasts(node2.
arguments),node2.typeArguments=typeArguments,_optionalChained&&(node2.optional=isOptionalCall),this.checkExpressionErrors(
refDestructuringErrors,!0),base=this.finishNode(node2,"CallExpression"),base}let tokenType=this.type;if(this.tsMatchRightRelational()||
tokenType===tt.bitShift||tokenType!==tt.parenL&&tokenCanStartExpression(tokenType)&&!this.hasPrecedingLineBreak())return;
let node=this.startNodeAt(startPos,startLoc);return node.expression=base,node.typeArguments=typeArguments,this.finishNode(
node,"TSInstantiationExpression")});if(missingParenErrorLoc&&this.unexpected(missingParenErrorLoc),result)return result.
type==="TSInstantiationExpression"&&(this.match(tt.dot)||this.match(tt.questionDot)&&this.lookaheadCharCode()!==40)&&this.
raise(this.start,TypeScriptError.InvalidPropertyAccessAfterInstantiationExpression),base=result,base}let optionalSupported=this.
ecmaVersion>=11,optional=optionalSupported&&this.eat(tt.questionDot);noCalls&&optional&&this.raise(this.lastTokStart,"Op\
tional chaining cannot appear in the callee of new expressions");let computed=this.eat(tt.bracketL);if(computed||optional&&
this.type!==tt.parenL&&this.type!==tt.backQuote||this.eat(tt.dot)){let node=this.startNodeAt(startPos,startLoc);node.object=
base,computed?(node.property=this.parseExpression(),this.expect(tt.bracketR)):this.type===tt.privateId&&base.type!=="Sup\
er"?node.property=this.parsePrivateIdent():node.property=this.parseIdent(this.options.allowReserved!=="never"),node.computed=
!!computed,optionalSupported&&(node.optional=optional),base=this.finishNode(node,"MemberExpression")}else if(!noCalls&&this.
eat(tt.parenL)){let oldMaybeInArrowParameters=this.maybeInArrowParameters;this.maybeInArrowParameters=!0;let refDestructuringErrors=new DestructuringErrors,
oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,oldAwaitIdentPos=this.awaitIdentPos;this.yieldPos=0,this.awaitPos=0,
this.awaitIdentPos=0;let exprList=this.parseExprList(tt.parenR,this.ecmaVersion>=8,!1,refDestructuringErrors);if(maybeAsyncArrow&&
!optional&&this.shouldParseAsyncArrow())this.checkPatternErrors(refDestructuringErrors,!1),this.checkYieldAwaitInDefaultParams(),
this.awaitIdentPos>0&&this.raise(this.awaitIdentPos,"Cannot use 'await' as identifier inside an async function"),this.yieldPos=
oldYieldPos,this.awaitPos=oldAwaitPos,this.awaitIdentPos=oldAwaitIdentPos,base=this.parseSubscriptAsyncArrow(startPos,startLoc,
exprList,forInit);else{this.checkExpressionErrors(refDestructuringErrors,!0),this.yieldPos=oldYieldPos||this.yieldPos,this.
awaitPos=oldAwaitPos||this.awaitPos,this.awaitIdentPos=oldAwaitIdentPos||this.awaitIdentPos;let node=this.startNodeAt(startPos,
startLoc);node.callee=base,node.arguments=exprList,optionalSupported&&(node.optional=optional),base=this.finishNode(node,
"CallExpression")}this.maybeInArrowParameters=oldMaybeInArrowParameters}else if(this.type===tt.backQuote){(optional||_optionalChained)&&
this.raise(this.start,"Optional chaining cannot appear in the tag of tagged template expressions");let node=this.startNodeAt(
startPos,startLoc);node.tag=base,node.quasi=this.parseTemplate({isTagged:!0}),base=this.finishNode(node,"TaggedTemplateE\
xpression")}return base}parseGetterSetter(prop){prop.kind=prop.key.name,this.parsePropertyName(prop);let typeParameters=this.
tsTryParseTypeParameters(this.tsParseConstModifier);prop.value=this.parseMethod(!1),typeParameters&&(prop.value.typeParameters=
typeParameters);let paramCount=prop.kind==="get"?0:1,firstParam=prop.value.params[0];if(paramCount=firstParam&&this.isThisParam(
firstParam)?paramCount+1:paramCount,prop.value.params.length!==paramCount){let start=prop.value.start;prop.kind==="get"?
this.raiseRecoverable(start,"getter should have no params"):this.raiseRecoverable(start,"setter should have exactly one \
param")}else prop.kind==="set"&&prop.value.params[0].type==="RestElement"&&this.raiseRecoverable(prop.value.params[0].start,
"Setter cannot use rest params")}parsePropertyValue(prop,isPattern,isGenerator,isAsync,startPos,startLoc,refDestructuringErrors,containsEsc){
if(this.tsMatchLeftRelational()){isPattern&&this.unexpected(),prop.kind="init",prop.method=!0;let typeParameters=this.tsTryParseTypeParameters(
this.tsParseConstModifier);prop.value=this.parseMethod(isGenerator,isAsync),typeParameters&&(prop.value.typeParameters=typeParameters);
return}return super.parsePropertyValue(prop,isPattern,isGenerator,isAsync,startPos,startLoc,refDestructuringErrors,containsEsc)}parseProperty(isPattern,refDestructuringErrors){
if(!isPattern){let decorators=[];if(this.match(tokTypes.at))for(;this.match(tokTypes.at);)decorators.push(this.parseDecorator());
let property=super.parseProperty(isPattern,refDestructuringErrors);return property.type==="SpreadElement"&&decorators.length&&
this.raise(property.start,DecoratorsError.SpreadElementDecorator),decorators.length&&(property.decorators=decorators,decorators=
[]),property}return super.parseProperty(isPattern,refDestructuringErrors)}parseCatchClauseParam(){let param=this.parseBindingAtom(),
simple=param.type==="Identifier";this.enterScope(simple?acornScope.SCOPE_SIMPLE_CATCH:0),this.checkLValPattern(param,simple?
acornScope.BIND_SIMPLE_CATCH:acornScope.BIND_LEXICAL);let type=this.tsTryParseTypeAnnotation();return type&&(param.typeAnnotation=
type,this.resetEndLocation(param)),this.expect(tt.parenR),param}parseClass(node,isStatement){let oldInAbstractClass=this.
inAbstractClass;this.inAbstractClass=!!node.abstract;try{this.next(),this.takeDecorators(node);let oldStrict=this.strict;
this.strict=!0,this.parseClassId(node,isStatement),this.parseClassSuper(node);let privateNameMap=this.enterClassBody(),classBody=this.
startNode(),hadConstructor=!1;classBody.body=[];let decorators=[];for(this.expect(tt.braceL);this.type!==tt.braceR;){if(this.
match(tokTypes.at)){decorators.push(this.parseDecorator());continue}let element=this.parseClassElement(node.superClass!==
null);if(decorators.length&&(element.decorators=decorators,this.resetStartLocationFromNode(element,decorators[0]),decorators=
[]),element){if(classBody.body.push(element),element.type==="MethodDefinition"&&element.kind==="constructor"&&element.value.
type==="FunctionExpression")hadConstructor&&this.raiseRecoverable(element.start,"Duplicate constructor in the same class"),
hadConstructor=!0,element.decorators&&element.decorators.length>0&&this.raise(element.start,DecoratorsError.DecoratorConstructor);else if(element.
key&&element.key.type==="PrivateIdentifier"&&element.value?.type!=="TSDeclareMethod"){let privateName=element.key.name;this.
parseEffects.modify(privateNameMap,privateName,current=>resolvePrivateNameConflict(current,element))&&this.raiseRecoverable(
element.key.start,`Identifier '#${privateName}' has already been declared`)}}}return this.strict=oldStrict,this.next(),decorators.
length&&this.raise(this.start,DecoratorsError.TrailingDecorator),node.body=this.finishNode(classBody,"ClassBody"),this.exitClassBody(),
this.finishNode(node,isStatement?"ClassDeclaration":"ClassExpression")}finally{this.inAbstractClass=oldInAbstractClass}}parseClassFunctionParams(){
let typeParameters=this.tsTryParseTypeParameters(),params=this.parseBindingList(tt.parenR,!1,this.ecmaVersion>=8,!0);return typeParameters&&
(params.typeParameters=typeParameters),params}parseMethod(isGenerator,isAsync,allowDirectSuper,inClassScope,method){let node=this.
startNode(),oldYieldPos=this.yieldPos,oldAwaitPos=this.awaitPos,oldAwaitIdentPos=this.awaitIdentPos;if(this.initFunction(
node),this.ecmaVersion>=6&&(node.generator=isGenerator),this.ecmaVersion>=8&&(node.async=!!isAsync),this.yieldPos=0,this.
awaitPos=0,this.awaitIdentPos=0,this.enterScope(functionFlags(isAsync,node.generator)|acornScope.SCOPE_SUPER|(allowDirectSuper?
acornScope.SCOPE_DIRECT_SUPER:0)),this.expect(tt.parenL),node.params=this.parseClassFunctionParams(),this.checkYieldAwaitInDefaultParams(),
this.parseFunctionBody(node,!1,!0,!1,{isClassMethod:inClassScope}),this.yieldPos=oldYieldPos,this.awaitPos=oldAwaitPos,this.
awaitIdentPos=oldAwaitIdentPos,method&&method.abstract&&!!node.body){let{key}=method;this.raise(method.start,TypeScriptError.
AbstractMethodHasImplementation({methodName:key.type==="Identifier"&&!method.computed?key.name:`[${this.input.slice(key.
start,key.end)}]`}))}return this.finishNode(node,"FunctionExpression")}static parse(input,options2){if(options2.locations===
!1)throw new Error("You have to enable options.locations while using acorn-typescript");options2.locations=!0;let parser=new this(
options2,input);return dts&&(parser.isAmbientContext=!0),parser.parse()}static parseExpressionAt(input,pos,options2){if(options2.
locations===!1)throw new Error("You have to enable options.locations while using acorn-typescript");options2.locations=!0;
let parser=new this(options2,input,pos);return dts&&(parser.isAmbientContext=!0),parser.nextToken(),parser.parseExpression()}parseImportSpecifier(){
if(this.ts_isContextual(tokTypes.type)){let node=this.startNode();return node.imported=this.parseModuleExportName(),this.
parseTypeOnlyImportExportSpecifier(node,!0,this.importOrExportOuterKind==="type"),this.finishNode(node,"ImportSpecifier")}else{
let node=super.parseImportSpecifier();return node.importKind="value",node}}parseExportSpecifier(exports){let isMaybeTypeOnly=this.
ts_isContextual(tokTypes.type);if(!this.match(tt.string)&&isMaybeTypeOnly){let node=this.startNode();return node.local=this.
parseModuleExportName(),this.parseTypeOnlyImportExportSpecifier(node,!1,this.importOrExportOuterKind==="type"),this.finishNode(
node,"ExportSpecifier"),this.checkExport(exports,node.exported,node.exported.start),node}else{let node=super.parseExportSpecifier(
exports);return node.exportKind="value",node}}parseTypeOnlyImportExportSpecifier(node,isImport,isInTypeOnlyImportExport){
let leftOfAsKey=isImport?"imported":"local",rightOfAsKey=isImport?"local":"exported",leftOfAs=node[leftOfAsKey],rightOfAs,
hasTypeSpecifier=!1,canParseAsKeyword=!0,loc=leftOfAs.start;if(this.isContextual("as")){let firstAs=this.parseIdent();if(this.
isContextual("as")){let secondAs=this.parseIdent();tokenIsKeywordOrIdentifier(this.type)?(hasTypeSpecifier=!0,leftOfAs=firstAs,
rightOfAs=isImport?this.parseIdent():this.parseModuleExportName(),canParseAsKeyword=!1):(rightOfAs=secondAs,canParseAsKeyword=
!1)}else tokenIsKeywordOrIdentifier(this.type)?(canParseAsKeyword=!1,rightOfAs=isImport?this.parseIdent():this.parseModuleExportName()):
(hasTypeSpecifier=!0,leftOfAs=firstAs)}else tokenIsKeywordOrIdentifier(this.type)&&(hasTypeSpecifier=!0,isImport?(leftOfAs=
super.parseIdent(!0),this.isContextual("as")||this.checkUnreserved(leftOfAs)):leftOfAs=this.parseModuleExportName());hasTypeSpecifier&&
isInTypeOnlyImportExport&&this.raise(loc,isImport?TypeScriptError.TypeModifierIsUsedInTypeImports:TypeScriptError.TypeModifierIsUsedInTypeExports),
node[leftOfAsKey]=leftOfAs,node[rightOfAsKey]=rightOfAs;let kindKey=isImport?"importKind":"exportKind";node[kindKey]=hasTypeSpecifier?
"type":"value",canParseAsKeyword&&this.eatContextual("as")&&(node[rightOfAsKey]=isImport?this.parseIdent():this.parseModuleExportName()),
node[rightOfAsKey]||(node[rightOfAsKey]=this.copyNode(node[leftOfAsKey])),isImport&&this.checkLValSimple(node[rightOfAsKey],
acornScope.BIND_LEXICAL)}raiseCommonCheck(pos,message,recoverable){switch(message){case"Comma is not permitted after the\
 rest element":if(this.isAmbientContext&&this.match(tt.comma)&&this.lookaheadCharCode()===41){this.next();return}else return super.
raise(pos,message)}return recoverable?super.raiseRecoverable(pos,message):super.raise(pos,message)}raiseRecoverable(pos,message){
return this.raiseCommonCheck(pos,message,!0)}raise(pos,message){return this.raiseCommonCheck(pos,message,!0)}updateContext(prevType){
let{type}=this;if(type==tt.braceL){var curContext=this.curContext();curContext==tsTokContexts.tc_oTag?this.parseEffects.
append(this.context,tokContexts.b_expr):curContext==tsTokContexts.tc_expr?this.parseEffects.append(this.context,tokContexts.
b_tmpl):super.updateContext(prevType),this.exprAllowed=!0}else if(type===tt.slash&&prevType===tokTypes.jsxTagStart)this.
parseEffects.truncate(this.context,this.context.length-2),this.parseEffects.append(this.context,tsTokContexts.tc_cTag),this.
exprAllowed=!1;else return super.updateContext(prevType)}jsx_parseOpeningElementAt(startPos,startLoc){let node=this.startNodeAt(
startPos,startLoc),nodeName=this.jsx_parseElementName();if(nodeName&&(node.name=nodeName),this.match(tt.relational)||this.
match(tt.bitShift)){let typeArguments=this.tsTryParseAndCatch(()=>this.tsParseTypeArgumentsInExpression());typeArguments&&
(node.typeArguments=typeArguments)}for(node.attributes=[];this.type!==tt.slash&&this.type!==tokTypes.jsxTagEnd;)node.attributes.
push(this.jsx_parseAttribute());return node.selfClosing=this.eat(tt.slash),this.expect(tokTypes.jsxTagEnd),this.finishNode(
node,nodeName?"JSXOpeningElement":"JSXOpeningFragment")}enterScope(flags){let isTypeScriptModule=flags===TS_SCOPE_TS_MODULE;
isTypeScriptModule&&this.parseEffects.append(this.importsStack,[]);let acornFlags=isTypeScriptModule?flags|acornScope.SCOPE_CLASS_STATIC_BLOCK:
flags;super.enterScope(acornFlags);let scope=super.currentScope();scope.types=[],scope.enums=[],scope.constEnums=[],scope.
classes=[],scope.exportOnlyBindings=[]}exitScope(){super.currentScope().flags&TS_SCOPE_TS_MODULE&&this.parseEffects.pop(
this.importsStack),super.exitScope()}hasImport(name,allowShadow){let len=this.importsStack.length;if(this.importsStack[len-
1].indexOf(name)>-1)return!0;if(!allowShadow&&len>1){for(let i=0;i<len-1;i++)if(this.importsStack[i].indexOf(name)>-1)return!0}
return!1}maybeExportDefined(scope,name){this.inModule&&scope.flags&acornScope.SCOPE_TOP&&this.parseEffects.remove(this.undefinedExports,
name)}declareName(name,bindingType,pos){if(bindingType&acornScope.BIND_FLAGS_TS_IMPORT){this.hasImport(name,!0)&&this.raise(
pos,`Identifier '${name}' has already been declared.`),this.parseEffects.append(this.importsStack[this.importsStack.length-
1],name);return}let scope=this.currentScope();if(bindingType&acornScope.BIND_FLAGS_TS_EXPORT_ONLY){this.maybeExportDefined(
scope,name),this.parseEffects.append(scope.exportOnlyBindings,name);return}if(bindingType===acornScope.BIND_TS_TYPE||bindingType===
acornScope.BIND_TS_INTERFACE)bindingType===acornScope.BIND_TS_TYPE&&scope.types.includes(name)&&this.raise(pos,`type '${name}\
' has already been declared.`),this.parseEffects.append(scope.types,name);else if(bindingType&acornScope.BIND_FLAGS_TS_ENUM){
if(scope.enums.includes(name))return;super.declareName(name,acornScope.BIND_LEXICAL,pos)}else super.declareName(name,bindingType,
pos);bindingType&acornScope.BIND_FLAGS_TS_ENUM&&this.parseEffects.append(scope.enums,name),bindingType&acornScope.BIND_FLAGS_TS_CONST_ENUM&&
this.parseEffects.append(scope.constEnums,name),bindingType&acornScope.BIND_FLAGS_CLASS&&this.parseEffects.append(scope.
classes,name)}checkLocalExport(id){let{name}=id;if(this.hasImport(name))return;let len=this.scopeStack.length;for(let i=len-
1;i>=0;i--){let scope=this.scopeStack[i];if(scope.types.indexOf(name)>-1||scope.exportOnlyBindings.indexOf(name)>-1)return}
super.checkLocalExport(id)}}return TypeScriptParser}}export{tsPlugin};
